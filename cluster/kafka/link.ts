/**
 * The way to one broker: a connection that is opened when needed, given up when it is silent for too long, and opened
 * again by the next call. Every call ends by its deadline.
 *
 * ```
 *            call                 answered
 *   closed --------> connecting -----------> open ---+
 *     ^                  |                    |      | calls
 *     |  failed, or too  |     silent past a  |<-----+
 *     +-- long ----------+     deadline, or   |
 *     +------------------ closed by the broker+
 * ```
 * After a silence the next call has to connect anew. Connecting asks the broker for its versions and has a short
 * deadline of its own, so a broker that hangs costs a full deadline only once.
 *
 * @module
 */
import { type Clock, withDeadline } from "../../lib/clock.ts";
import { fail, type FailureCode, ok, type Result } from "../../lib/failure.ts";
import { type Api, chooseVersion, decodeAnswer, encodeRequest, type VersionRange } from "./api.ts";
import type { Bridge, BrokerConnection, Dialing } from "./bridge.ts";
import { addressText, connectionFailure } from "./connection_failures.ts";
import type { Address } from "./settings.ts";

/** What a link needs. */
export interface LinkDeps {
  readonly bridge: Bridge;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly securityProtocol: string;
}

/** What became of a request: `sent` is false when it certainly never reached the broker. */
export interface LinkOutcome<T> {
  readonly result: Result<T>;
  readonly sent: boolean;
}

/** Failures after which a broker is asked last: it may not answer the next call either. */
const SILENT: ReadonlySet<FailureCode> = new Set([
  "cluster_unreachable",
  "deadline_exceeded",
  "protocol_error",
]);

/** See the module. */
export class Link {
  readonly #deps: LinkDeps;
  #dialing: Dialing | undefined;
  #open: BrokerConnection | undefined;
  #opening: Promise<Result<BrokerConnection>> | undefined;
  #failedSinceAnswer = false;
  #lastAnswerMs = -Infinity;
  readonly #pendingSinceMs: number[] = [];
  #closed: ReturnType<typeof fail> | undefined;

  /** A link to `address`; nothing is opened yet. */
  constructor(readonly address: Address, deps: LinkDeps) {
    this.#deps = deps;
  }

  /** `host:port`, for messages. */
  get text(): string {
    return addressText(this.address);
  }

  /** Whether its last call failed, or a call waits for longer than `silenceMs` now. */
  isSuspect(silenceMs: number): boolean {
    const oldest = this.#pendingSinceMs[0];
    return this.#failedSinceAnswer ||
      (oldest !== undefined && this.#deps.clock.monotonicMs() - oldest > silenceMs);
  }

  /** Milliseconds since the broker last answered anything; infinite when it never did. */
  answerAgeMs(): number {
    return this.#deps.clock.monotonicMs() - this.#lastAnswerMs;
  }

  /** Connects unless connected; gives the versions of each API that the broker offers. */
  async offers(
    deadlineAtMs: number,
  ): Promise<Result<(apiKey: number) => VersionRange | undefined>> {
    const connected = await this.#connection(deadlineAtMs);
    return connected.ok ? ok((apiKey) => connected.value.versionsOf(apiKey)) : connected;
  }

  /** Sends a request and reads its answer, by `deadlineAtMs` at the latest. */
  async call<Request, Answer>(
    api: Api<Request, Answer>,
    request: Request,
    deadlineAtMs: number,
  ): Promise<LinkOutcome<Answer>> {
    const sinceMs = this.#deps.clock.monotonicMs();
    this.#pendingSinceMs.push(sinceMs);
    try {
      const outcome = await this.#call(api, request, deadlineAtMs);
      this.#failedSinceAnswer = !outcome.result.ok && SILENT.has(outcome.result.failure.code);
      if (outcome.result.ok) this.#lastAnswerMs = this.#deps.clock.monotonicMs();
      return outcome;
    } finally {
      this.#pendingSinceMs.splice(this.#pendingSinceMs.indexOf(sinceMs), 1);
    }
  }

  /**
   * Ends the connection for good; waiting and later calls fail with `shutting_down`, or with a retriable
   * `cluster_unreachable` when only this broker has gone.
   */
  close(reason: string, options: { brokerHasGone?: boolean } = {}): void {
    const gone = options.brokerHasGone ?? false;
    const code = gone ? "cluster_unreachable" : "shutting_down";
    this.#closed = fail(code, `Cannot reach broker ${this.text}: ${reason}`, { retriable: gone });
    this.#giveUp(reason);
  }

  async #call<Request, Answer>(
    api: Api<Request, Answer>,
    request: Request,
    deadlineAtMs: number,
  ): Promise<LinkOutcome<Answer>> {
    const startedMs = this.#deps.clock.monotonicMs();
    const connected = await this.#connection(deadlineAtMs);
    if (!connected.ok) return { result: connected, sent: false };
    const connection = connected.value;
    const version = chooseVersion(api, connection.versionsOf(api.key));
    if (!version.ok) return { result: version, sent: false };
    const body = encodeRequest(api, request, version.value);
    const sending = connection.send({ key: api.key, name: api.name, version: version.value }, body);
    try {
      const answer = await withDeadline(this.#deps.clock, deadlineAtMs, sending);
      if (answer.inTime) {
        return { result: decodeAnswer(api, answer.value, version.value), sent: true };
      }
    } catch (error) {
      if (this.#open === connection && !connection.isOpen()) this.#giveUp("it was closed");
      return { result: this.#failed(error), sent: true };
    }
    const waitedMs = Math.round(this.#deps.clock.monotonicMs() - startedMs);
    if (this.#open === connection) {
      this.#giveUp(`${api.name} was not answered for ${waitedMs} ms`);
    }
    return { result: this.#late(api.name, waitedMs), sent: true };
  }

  async #connection(deadlineAtMs: number): Promise<Result<BrokerConnection>> {
    if (this.#closed !== undefined) return this.#closed;
    if (this.#open?.isOpen() === true) return ok(this.#open);
    this.#opening ??= this.#connect().finally(() => this.#opening = undefined);
    const opened = await withDeadline(this.#deps.clock, deadlineAtMs, this.#opening);
    return opened.inTime ? opened.value : this.#late("a connection", undefined);
  }

  async #connect(): Promise<Result<BrokerConnection>> {
    const { clock, connectTimeoutMs } = this.#deps;
    this.#giveUp("the connection is opened anew");
    const dialing = this.#deps.bridge.dial(this.address);
    this.#dialing = dialing;
    try {
      const untilMs = clock.nowMs() + connectTimeoutMs;
      const opened = await withDeadline(clock, untilMs, dialing.connection);
      if (opened.inTime) {
        this.#open = opened.value;
        return ok(opened.value);
      }
      if (this.#dialing === dialing) this.#giveUp("connecting took too long");
      return this.#late("a connection", connectTimeoutMs);
    } catch (error) {
      if (this.#dialing === dialing) this.#giveUp("connecting failed");
      return this.#failed(error);
    }
  }

  #failed(error: unknown): ReturnType<typeof fail> {
    if (this.#closed !== undefined) return this.#closed;
    const failure = connectionFailure(error, this.address, this.#deps.securityProtocol);
    return { ok: false, failure };
  }

  #late(what: string, waitedMs: number | undefined): ReturnType<typeof fail> {
    const waited = waitedMs === undefined ? "the deadline is over" : `waited ${waitedMs} ms`;
    return fail("deadline_exceeded", `Cannot get ${what} from broker ${this.text}: ${waited}`, {
      retriable: true,
    });
  }

  #giveUp(reason: string): void {
    this.#dialing?.destroy(`the connection to ${this.text} was given up: ${reason}`);
    this.#dialing = undefined;
    this.#open = undefined;
  }
}
