/**
 * The brokers that we know and the links to them: which one to ask, in which order, and what to do when one is silent.
 *
 * @module
 */
import type { Clock, Timer } from "../../lib/clock.ts";
import { fail, type Failure, type FailureCode, ok, type Result } from "../../lib/failure.ts";
import type { Prng } from "../../lib/prng.ts";
import type { TopologyBroker } from "../../model/topology.ts";
import type { Api } from "./api.ts";
import { DESCRIBE_CLUSTER } from "./api/describe_cluster.ts";
import { addressText } from "./connection_failures.ts";
import { Link, type LinkDeps } from "./link.ts";
import type { Address, KafkaSettings } from "./settings.ts";

/** A call may go through a broker unprobed when it answered within this time. */
const FRESH_ANSWER_MS = 1000;

/** Failures that another broker would answer, too. */
const FINAL: ReadonlySet<FailureCode> = new Set([
  "authentication_failed",
  "authorization_failed",
  "invalid_argument",
  "shutting_down",
]);

/**
 * Which of the two connections to a broker. A broker passes what concerns the controller on to it, and until that
 * answers it reads nothing more from the same connection; so a hanging controller must not stand in the way of what the
 * broker can answer by itself.
 */
export type Lane = "own" | "controller";

/** What the directory needs. */
export interface DirectoryDeps extends LinkDeps {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly settings: KafkaSettings;
}

/** See the module. */
export class Directory {
  readonly #deps: DirectoryDeps;
  readonly #links = new Map<string, Link>();
  #brokers: readonly TopologyBroker[] = [];
  #turn: number;
  #closedBecause: string | undefined;

  /** Knows the bootstrap addresses only. */
  constructor(deps: DirectoryDeps) {
    this.#deps = deps;
    // Several workers of one process must not all begin with the same broker.
    this.#turn = deps.prng.below(1024);
  }

  /** Brokers of the last metadata. */
  get brokers(): readonly TopologyBroker[] {
    return this.#brokers;
  }

  /** The link to an address; `controller` for requests that the broker passes on to the controller. */
  linkTo(address: Address, lane: Lane = "own"): Link {
    const key = `${lane} ${addressText(address)}`;
    let link = this.#links.get(key);
    if (link === undefined) {
      link = new Link({ host: address.host, port: address.port }, this.#deps);
      if (this.#closedBecause !== undefined) link.close(this.#closedBecause);
      this.#links.set(key, link);
    }
    return link;
  }

  /** Takes over the brokers of new metadata; links to addresses that nobody has any more are closed. */
  learn(brokers: readonly TopologyBroker[]): void {
    this.#brokers = brokers;
    const wanted = new Set(
      [...this.#deps.settings.bootstrap, ...brokers.filter((one) => one.host !== "")]
        .map(addressText),
    );
    for (const [key, link] of this.#links) {
      if (wanted.has(link.text)) continue;
      this.#links.delete(key);
      link.close("it has left the cluster or moved to another address", { brokerHasGone: true });
    }
  }

  /** The link to a broker by id, from the last metadata; asks for it once when the id is not known. */
  async linkToBroker(id: number, lane: Lane, deadlineAtMs: number): Promise<Result<Link>> {
    const known = this.#brokers.find((broker) => broker.id === id && broker.host !== "");
    if (known !== undefined) return ok(this.linkTo(known, lane));
    const asked = await this.askAny(DESCRIBE_CLUSTER, null, deadlineAtMs);
    if (!asked.ok) return asked;
    const found = asked.value.brokers.find((broker) => broker.id === id);
    if (found !== undefined) return ok(this.linkTo(found, lane));
    const ids = asked.value.brokers.map((broker) => broker.id).join(", ");
    return fail("not_found", `Cannot ask broker ${id}: the cluster has brokers ${ids}`);
  }

  /** Links in the order in which to ask them: those that answer, in turn, then the silent ones, then the bootstrap addresses. */
  candidates(lane: Lane): Link[] {
    const { settings } = this.#deps;
    const alive = this.#brokers.filter((broker) => broker.alive);
    const link = (address: Address) => this.linkTo(address, lane);
    const turn = this.#turn++;
    const inTurn = (links: Link[]) => links.map((_, i) => links[(i + turn) % links.length]!);
    const all = [
      ...new Set([...inTurn(alive.map(link)), ...inTurn(settings.bootstrap.map(link))]),
    ];
    const suspect = all.filter((link) => link.isSuspect(settings.hedgeMs));
    return [...all.filter((link) => !suspect.includes(link)), ...suspect];
  }

  /** {@link ask} with one request that the broker answers by itself. */
  askAny<Request, Answer>(
    api: Api<Request, Answer>,
    request: Request,
    deadlineAtMs: number,
  ): Promise<Result<Answer>> {
    return this.ask("own", async (link) => (await link.call(api, request, deadlineAtMs)).result);
  }

  /**
   * Asks what every broker can answer and asking twice does not harm. When a broker fails, or is silent for `hedgeMs`,
   * the next one is asked, too; the first answer counts. `question` must end by the caller's deadline.
   */
  ask<T>(lane: Lane, question: (link: Link) => Promise<Result<T>>): Promise<Result<T>> {
    const { clock, settings } = this.#deps;
    const links = this.candidates(lane);
    const failures: Failure[] = [];
    let next = 0;
    let timer: Timer | undefined;
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (result: Result<T>) => {
        settled = true;
        timer?.cancel();
        resolve(result);
      };
      const askNext = () => {
        timer?.cancel();
        const link = links[next++];
        if (link === undefined) return;
        timer = clock.setTimer(clock.nowMs() + settings.hedgeMs, askNext);
        question(link).then((result) => {
          if (settled) return;
          if (result.ok || FINAL.has(result.failure.code)) return settle(result);
          failures.push(result.failure);
          if (failures.length === links.length) return settle(noneAnswered(links, failures));
          askNext();
        }, reject);
      };
      askNext();
    });
  }

  /**
   * Sends, through any broker, what the controller does and what must not be sent twice without a look in between. A broker that has not answered lately is probed first,
   * so that a hanging one is found out before it swallows the request; only what certainly was not sent goes to another.
   */
  async tell<Request, Answer>(
    api: Api<Request, Answer>,
    request: Request,
    deadlineAtMs: number,
  ): Promise<Result<Answer>> {
    const { clock, connectTimeoutMs } = this.#deps;
    const links = this.candidates("controller");
    const failures: Failure[] = [];
    for (const link of links) {
      if (link.answerAgeMs() > FRESH_ANSWER_MS) {
        const probeAtMs = Math.min(deadlineAtMs, clock.nowMs() + connectTimeoutMs);
        const probe = (await link.call(DESCRIBE_CLUSTER, null, probeAtMs)).result;
        if (!probe.ok) {
          if (FINAL.has(probe.failure.code)) return probe;
          failures.push(probe.failure);
          continue;
        }
      }
      const { result, sent } = await link.call(api, request, deadlineAtMs);
      if (result.ok || sent || FINAL.has(result.failure.code)) return result;
      failures.push(result.failure);
    }
    return noneAnswered(links, failures);
  }

  /** Closes all links; later calls fail with `shutting_down`. */
  close(reason: string): void {
    this.#closedBecause = reason;
    for (const link of this.#links.values()) link.close(reason);
  }
}

function noneAnswered(links: readonly Link[], failures: readonly Failure[]) {
  const unsupported = failures.find((failure) => failure.code === "unsupported_version");
  if (unsupported !== undefined) return { ok: false, failure: unsupported } as const;
  const first = failures.find((failure) => failure.code !== "deadline_exceeded") ?? failures[0];
  const names = links.map((link) => link.text).sort().join(", ");
  const details = new Set([
    // The first one's message is in ours already.
    ...failures.filter((failure) => failure.message !== first?.message).map((failure) =>
      failure.message
    ),
    ...failures.flatMap((failure) => failure.details ?? []),
  ]);
  return fail(
    "cluster_unreachable",
    `Cannot reach the cluster through ${names}; check bootstrap.servers and the network: ${
      first?.message ?? "no broker answered"
    }`,
    { retriable: first?.retriable ?? true, details: [...details] },
  );
}
