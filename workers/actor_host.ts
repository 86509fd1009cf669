/**
 * Runs one actor: gives it a context, brings it messages and requests, ticks it, and turns whatever it throws into
 * its orderly death. The same on a thread of its own and on a shared one.
 *
 * ```
 *  building --> starting --> running --> stopping --> ended
 *      |            |           |            |          ^
 *      +------------+-----------+------------+-- throw -+   (onDeath tells)
 * ```
 *
 * @module
 */
import { assert, AssertionError } from "../lib/assert.ts";
import { type Clock, settle } from "../lib/clock.ts";
import { fail, type Failure, FailureError, failureFrom, type Result } from "../lib/failure.ts";
import type { Log } from "../lib/log.ts";
import type { Prng } from "../lib/prng.ts";
import type { Actor, ActorContext, ActorName } from "../messages/actor.ts";
import type { Message } from "../messages/mod.ts";
import { ANSWERED_BY, ROUTES } from "../messages/mod.ts";
import type { HostCounts, PeerName } from "./control.ts";
import type { RuntimeLimits } from "./limits.ts";
import { type AnyRequest, type AskOptions, Link } from "./link.ts";
import type { Port } from "./port.ts";
import { Ticker } from "./ticker.ts";

/** Makes an actor. It may open files and connections first. A rejection is a failed start. */
export type ActorFactory = (context: ActorContext) => Actor | Promise<Actor>;

/** What a host needs. */
export interface HostDeps {
  readonly name: ActorName;
  readonly create: ActorFactory;
  /** Time as the actor sees it. */
  readonly clock: Clock;
  /** Time for deadlines of requests: real where the actor's is simulated. */
  readonly realClock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly limits: RuntimeLimits;
  /** All others in the system. Facts routed to actors outside it go nowhere, by intent. */
  readonly peers: readonly PeerName[];
  /** Called once, when something was thrown. The actor does nothing any more. */
  onDeath(failure: Failure): void;
}

type Phase = "building" | "starting" | "running" | "stopping" | "ended";

/** See the top of the file. */
export class ActorHost {
  readonly #deps: HostDeps;
  readonly #links = new Map<PeerName, Link>();
  readonly #ticker: Ticker;
  #phase: Phase = "building";
  #actor: Actor | undefined;
  #handled = 0;
  #owed = 0;

  /** Connect it, then {@link start} it. */
  constructor(deps: HostDeps) {
    this.#deps = deps;
    this.#ticker = new Ticker(deps.clock, {
      tick: (nowMs) => this.#actor!.tick(nowMs),
      onThrow: (error) => this.#die(error, "tick"),
    });
    for (const peer of deps.peers) {
      this.#links.set(
        peer,
        new Link({
          peer,
          limits: deps.limits,
          clock: deps.realClock,
          log: deps.log,
          onFact: (message) => this.#handle(message),
          onAsk: (request) => this.#answer(request),
        }),
      );
    }
  }

  /** Another actor runs (again). */
  peerUp(peer: PeerName, port: Port): void {
    if (this.#phase === "ended") return port.close();
    this.#link(peer).connect(port);
  }

  /** Another actor is gone. */
  peerDown(peer: PeerName, failure: Failure, options: { forGood: boolean }): void {
    this.#link(peer).disconnect(failure, options);
  }

  /** Makes and starts the actor, then lets in what waits. Resolves to whether it runs. */
  async start(): Promise<boolean> {
    try {
      this.#actor = await this.#deps.create(this.#context());
      if (this.#isOver()) return false;
      this.#phase = "starting";
      await this.#actor.start();
    } catch (error) {
      this.#die(error, "start");
    }
    if (this.#isOver()) return false;
    this.#phase = "running";
    for (const link of this.#links.values()) link.open();
    if (!this.#isOver()) this.#ticker.start();
    return !this.#isOver();
  }

  /** Stops the actor in its own way, then everything else. Resolves when done, also when it threw. */
  async stop(): Promise<void> {
    const wasRunning = this.#phase === "running" || this.#phase === "starting";
    if (wasRunning) {
      this.#phase = "stopping";
      await this.#ticker.stop();
      try {
        await this.#actor!.stop();
      } catch (error) {
        this.#die(error, "stop");
      }
    }
    this.#end({ code: "shutting_down", message: "Cannot go on: stopping", retriable: false });
  }

  /** Ends at once, without asking the actor: as if its thread were gone. */
  kill(failure: Failure): void {
    this.#end(failure);
  }

  /** Something was thrown outside any call into the actor, e.g. a rejection that nobody awaited. */
  dieOf(error: unknown): void {
    this.#die(error, "an unobserved rejection");
  }

  /** Figures for people. */
  get counts(): HostCounts {
    return {
      handled: this.#handled,
      owed: this.#owed,
      towards: [...this.#links].map(([peer, link]) => ({ peer, counts: link.counts })),
    };
  }

  #context(): ActorContext {
    const { name, clock, prng, log } = this.#deps;
    return {
      name,
      clock,
      prng,
      log,
      emit: (message, transfer = []) => this.#emit(message, transfer),
      request: (request, options = {}) =>
        this.#ask(request, options) as ReturnType<ActorContext["request"]> as never,
      wake: (atMs) => this.#ticker.wake(atMs),
    };
  }

  #emit(message: Message, transfer: readonly ArrayBufferLike[]): void {
    if (this.#phase === "ended") return;
    const receivers = ROUTES[message.kind].to.filter((name) => this.#links.has(name));
    // One buffer cannot move to two threads.
    const moved = receivers.length === 1 ? transfer : [];
    for (const receiver of receivers) this.#link(receiver).emit(message, moved);
  }

  #ask(request: AnyRequest, options: AskOptions): Promise<Result<unknown>> {
    if (this.#phase === "ended") {
      return Promise.resolve(
        fail("shutting_down", `Cannot ask for ${request.kind}: ${this.#deps.name} has stopped`),
      );
    }
    const peer = ANSWERED_BY[request.kind];
    if (peer === this.#deps.name) return this.#answer(request);
    const link = this.#links.get(peer);
    if (link !== undefined) return link.ask(request, options);
    return Promise.resolve(
      fail("actor_died", `Cannot ask ${peer} for ${request.kind}: it is not part of this system`),
    );
  }

  #handle(message: Message): void {
    if (this.#phase !== "running" && this.#phase !== "stopping") return;
    try {
      this.#actor!.handle(message);
      this.#handled++;
    } catch (error) {
      this.#die(error, `handle of ${message.kind}`);
    }
  }

  async #answer(request: AnyRequest): Promise<Result<unknown>> {
    if (this.#phase !== "running") {
      return fail("shutting_down", `Cannot answer ${request.kind}: ${this.#deps.name} is stopping`);
    }
    const answer = this.#actor!.answers[request.kind] as
      | ((request: AnyRequest) => Promise<Result<unknown>> | Result<unknown>)
      | undefined;
    if (answer === undefined) {
      return fail("internal", `Cannot answer ${request.kind}: ${this.#deps.name} has no answer`);
    }
    this.#owed++;
    try {
      return await answer(request);
    } catch (error) {
      const failure = failureFrom(error, `Cannot answer ${request.kind}`);
      this.#deps.log.error("An answer threw", { kind: request.kind, reason: failure.message });
      // A broken invariant is not confined to one answer. Let the asker have its failure first.
      if (error instanceof AssertionError) {
        settle().then(() => this.#die(error, `answer to ${request.kind}`));
      }
      return { ok: false, failure };
    } finally {
      this.#owed--;
    }
  }

  #die(error: unknown, during: string): void {
    if (this.#phase === "ended") return;
    const failure = failureFrom(error, `${this.#deps.name} died in ${during}`);
    // An operating error says all in its message, and whoever handles it tells it. What nobody foresaw needs its stack.
    if (!(error instanceof FailureError)) {
      const stack = error instanceof Error ? error.stack : undefined;
      this.#deps.log.error("Actor died", { during, reason: failure.message, stack });
    }
    this.#end({ code: "actor_died", message: failure.message, retriable: true });
    this.#deps.onDeath(failure);
  }

  #end(failure: Failure): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#ticker.cancel();
    for (const link of this.#links.values()) link.disconnect(failure, { forGood: true });
  }

  #isOver(): boolean {
    return this.#phase === "ended" || this.#phase === "stopping";
  }

  #link(peer: PeerName): Link {
    const link = this.#links.get(peer);
    assert(link !== undefined, `${this.#deps.name} knows no ${peer}`);
    return link;
  }
}
