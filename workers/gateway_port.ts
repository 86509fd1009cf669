/**
 * A {@link Gateway} over a port: its caller in one thread, the gateway itself in another.
 *
 * A topology is large and every reading needs one, so a caller's latest topology travels once: later calls name it by
 * the generation that this port last carried, and the far side asks for all of it when it has forgotten.
 *
 * @module
 */
import type { CallOptions, Gateway } from "../cluster/gateway.ts";
import { type Clock, withDeadline } from "../lib/clock.ts";
import { fail, failureFrom, type Result } from "../lib/failure.ts";
import type { Topology } from "../model/topology.ts";
import type { Port } from "./port.ts";

type Method = Exclude<keyof Gateway, "close">;

/** Stands in a call's arguments for the topology that the port carried last. */
interface SameTopology {
  readonly sameTopology: number;
}

interface Call {
  readonly id: number;
  readonly method: Method | "close";
  readonly args: readonly unknown[];
}

/** `undefined` as an answer: send the topology in full. */
interface Reply {
  readonly id: number;
  readonly result: Result<unknown> | undefined;
}

/** How the near side of a gateway behaves. */
export interface GatewayPortOptions {
  /** Real time. */
  readonly clock: Clock;
  /** Longest wait for a call that names no deadline, ms. */
  readonly deadlineMs: number;
  /**
   * What a call's own deadline is multiplied with (for a cluster whose time is slower than ours), and what is added:
   * the far side keeps the deadline, this one only guards against its thread being gone.
   */
  readonly stretch?: number;
  readonly graceMs?: number;
}

/** The near side: calls go to the gateway that is served at the other end of `port`. */
export function gatewayOverPort(port: Port, options: GatewayPortOptions): Gateway {
  const caller = new Caller(port, options);
  const call = <M extends Method>(method: M) => (...args: Parameters<Gateway[M]>) =>
    caller.call(method, args) as ReturnType<Gateway[M]>;
  return {
    observe: call("observe"),
    readLogDirs: call("readLogDirs"),
    readOffsets: call("readOffsets"),
    readGroupOffsets: call("readGroupOffsets"),
    readBrokerMetrics: call("readBrokerMetrics"),
    readConfigs: call("readConfigs"),
    alterReassignments: call("alterReassignments"),
    listReassignments: call("listReassignments"),
    electPreferredLeaders: call("electPreferredLeaders"),
    alterLogDirs: call("alterLogDirs"),
    alterConfigs: call("alterConfigs"),
    close: () => caller.close(),
  };
}

class Caller {
  readonly #port: Port;
  readonly #options: GatewayPortOptions;
  readonly #open = new Map<number, (result: Result<unknown> | undefined) => void>();
  #nextId = 0;
  #carried: Topology | undefined;
  #closed = false;

  constructor(port: Port, options: GatewayPortOptions) {
    this.#port = port;
    this.#options = options;
    port.listen((data) => {
      const { id, result } = data as Reply;
      this.#open.get(id)?.(result);
    });
  }

  async call(method: Method, args: readonly unknown[]): Promise<Result<unknown>> {
    if (this.#closed) {
      return fail("shutting_down", `Cannot call ${method}: the gateway was closed`);
    }
    const known = args.map((arg) => this.#byName(arg));
    const first = await this.#send(method, known);
    const result = first ?? await this.#send(method, args);
    if (result === undefined) {
      return fail("protocol_error", `Cannot call ${method}: not understood`);
    }
    if (result.ok && method === "observe") this.#carried = result.value as Topology;
    for (const arg of args) if (isTopology(arg)) this.#carried = arg;
    return result;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#send("close", []);
    this.#port.close();
  }

  #byName(arg: unknown): unknown {
    if (!isTopology(arg) || arg !== this.#carried) return arg;
    return { sameTopology: arg.generation } satisfies SameTopology;
  }

  async #send(
    method: Call["method"],
    args: readonly unknown[],
  ): Promise<Result<unknown> | undefined> {
    const { clock, deadlineMs, stretch = 1, graceMs = 0 } = this.#options;
    const own = args.map((arg) => (arg as CallOptions | undefined)?.deadlineMs)
      .find((value) => value !== undefined);
    const waitMs = own === undefined ? deadlineMs : own * stretch + graceMs;
    const id = this.#nextId++;
    const reply = new Promise<Result<unknown> | undefined>((resolve) => {
      this.#open.set(id, resolve);
    });
    this.#port.post({ id, method, args } satisfies Call);
    const ended = await withDeadline(clock, clock.nowMs() + waitMs, reply);
    this.#open.delete(id);
    if (ended.inTime) return ended.value;
    return fail("deadline_exceeded", `Cannot call ${method}: no answer within ${waitMs} ms`, {
      retriable: true,
    });
  }
}

/** The far side: answers calls that come over `port` with `gateway`. `close` leaves the gateway itself open. */
export function serveGateway(port: Port, gateway: Gateway): void {
  let carried: Topology | undefined;
  const resolve = (arg: unknown): unknown => {
    if (!isSameTopology(arg)) return arg;
    return carried?.generation === arg.sameTopology ? carried : undefined;
  };
  port.listen(async (data) => {
    const { id, method, args } = data as Call;
    const reply = (result: Result<unknown> | undefined) =>
      port.post({ id, result } satisfies Reply);
    // The near side closes the port once it has this: closing it here could overtake the reply.
    if (method === "close") return reply({ ok: true, value: undefined });
    const resolved = args.map(resolve);
    if (resolved.some((arg, i) => arg === undefined && args[i] !== undefined)) {
      return reply(undefined);
    }
    for (const arg of resolved) if (isTopology(arg)) carried = arg;
    const result = await callSafely(gateway, method, resolved);
    if (result.ok && method === "observe") carried = result.value as Topology;
    reply(result);
  });
}

async function callSafely(
  gateway: Gateway,
  method: Method,
  args: readonly unknown[],
): Promise<Result<unknown>> {
  try {
    const called = gateway[method] as (...args: readonly unknown[]) => Promise<Result<unknown>>;
    return await called.apply(gateway, [...args]);
  } catch (error) {
    return { ok: false, failure: failureFrom(error, `Cannot call ${method}`) };
  }
}

function isTopology(arg: unknown): arg is Topology {
  return typeof arg === "object" && arg !== null && "partitionStart" in arg;
}

function isSameTopology(arg: unknown): arg is SameTopology {
  return typeof arg === "object" && arg !== null && "sameTopology" in arg;
}
