/**
 * Broker metrics from the Jolokia agents of all brokers at once.
 *
 * @module
 */
import type { Clock } from "../../lib/clock.ts";
import { fail, type Failure, ok, type Result } from "../../lib/failure.ts";
import { BROKER_METRICS, type BrokerMetricsReading } from "../../model/readings.ts";
import type { Topology } from "../../model/topology.ts";
import { type AgentReading, BULK_READ, meansBetween, readAnswer } from "./beans.ts";
import { type AgentBroker, agentUrlOf, type JolokiaSettings } from "./settings.ts";

/** Largest answer that is read. One takes about 2 KB; whatever sends more is no agent. */
const ANSWER_BYTES_MAX = 256 * 1024;

/** What the source needs. */
export interface JolokiaDeps {
  readonly settings: JolokiaSettings;
  readonly clock: Clock;
  /** The network unless given. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** See the module. */
export interface JolokiaSource {
  /**
   * One POST to the agent of each alive broker. A broker whose agent is down, silent or wrong is in `failures` and not in
   * `brokerIds`; fails as a whole only when no agent answers. Ends within the shorter of both deadlines.
   */
  read(
    topology: Topology,
    options?: { readonly deadlineMs?: number },
  ): Promise<Result<BrokerMetricsReading>>;
}

/** A source; it remembers the latest answer of each broker for means over an interval. */
export function createJolokiaSource(deps: JolokiaDeps): JolokiaSource {
  const latest = new Map<number, AgentReading>();
  return {
    async read(topology, options) {
      const deadlineMs = Math.min(deps.settings.deadlineMs, options?.deadlineMs ?? Infinity);
      const alive = topology.brokers.filter((broker) => broker.alive);
      const answers = await Promise.all(alive.map((broker) => askAgent(deps, broker, deadlineMs)));
      const rows: { readonly brokerId: number; readonly row: Float64Array }[] = [];
      const failures: { readonly brokerId: number; readonly failure: Failure }[] = [];
      answers.forEach((answer, i) => {
        const brokerId = alive[i]!.id;
        if (!answer.ok) {
          failures.push({ brokerId, failure: answer.failure });
          return;
        }
        rows.push({ brokerId, row: meansBetween(latest.get(brokerId), answer.value) });
        latest.set(brokerId, answer.value);
      });
      const first = failures[0];
      if (rows.length === 0 && first !== undefined) return { ok: false, failure: first.failure };
      const values = new Float64Array(rows.length * BROKER_METRICS.length);
      rows.forEach(({ row }, i) => values.set(row, i * BROKER_METRICS.length));
      return ok({
        atMs: deps.clock.nowMs(),
        brokerIds: Int32Array.from(rows, (one) => one.brokerId),
        values,
        source: "Jolokia",
        failures,
      });
    },
  };
}

/** One broker's answer, within `deadlineMs`. Failures name the broker, the address and what to change. */
export async function askAgent(
  deps: JolokiaDeps,
  broker: AgentBroker,
  deadlineMs: number,
): Promise<Result<AgentReading>> {
  const { settings, clock } = deps;
  const url = agentUrlOf(settings, broker);
  if (url === undefined) {
    return fail(
      "not_found",
      `Cannot read metrics of broker ${broker.id}: set evenkeel.jolokia.url, or add ` +
        `${broker.id}=URL to evenkeel.jolokia.broker.urls`,
    );
  }
  const action = `Cannot read metrics of broker ${broker.id} from ${url}`;
  const abort = new AbortController();
  const timer = clock.setTimer(clock.nowMs() + deadlineMs, () => abort.abort());
  try {
    const response = await (deps.fetch ?? fetch)(requestTo(url, settings, abort.signal));
    if (response.status !== 200) {
      await response.body?.cancel();
      return refused(action, response.status);
    }
    const text = await bounded(response);
    if (text === undefined) {
      return fail("protocol_error", `${action}: the answer must be < ${ANSWER_BYTES_MAX} bytes`);
    }
    const answer = readAnswer(text);
    if (answer.ok) return answer;
    return fail("protocol_error", `${action}: the answer ${answer.failure.message}`);
  } catch (error) {
    if (abort.signal.aborted) {
      return fail("deadline_exceeded", `${action}: no answer within ${deadlineMs} ms`, {
        retriable: true,
      });
    }
    return fail("cluster_unreachable", `${action}: ${reasonOf(error)}`, { retriable: true });
  } finally {
    timer.cancel();
  }
}

function requestTo(url: string, settings: JolokiaSettings, signal: AbortSignal): Request {
  const { authorization } = settings;
  return new Request(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: BULK_READ,
    redirect: "manual",
    signal,
  });
}

function refused(action: string, status: number) {
  if (status === 401 || status === 403) {
    return fail(
      "authentication_failed",
      `${action}: check evenkeel.jolokia.user and evenkeel.jolokia.password, and that the agent ` +
        `allows this host and POST: HTTP ${status}`,
    );
  }
  return fail("protocol_error", `${action}: check the address, HTTP ${status}`, {
    retriable: status >= 500,
  });
}

/** The body's text; undefined when it is longer than any agent's answer. */
async function bounded(response: Response): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) return undefined; // Leaving the loop cancels the body.
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The innermost cause: fetch wraps "connection refused" twice. */
function reasonOf(error: unknown): string {
  let reason = error;
  for (let depth = 0; depth < 4; depth++) {
    if (!(reason instanceof Error) || reason.cause === undefined) break;
    reason = reason.cause;
  }
  return reason instanceof Error ? reason.message : String(reason);
}
