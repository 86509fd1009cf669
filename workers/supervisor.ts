/**
 * Starts the actors, hands out the ways between them, watches them, restarts those that die, and stops them all.
 * Carries no bulk: facts and requests go from actor to actor.
 *
 * @module
 */
import { assert } from "../lib/assert.ts";
import { type Clock, type Timer, withDeadline } from "../lib/clock.ts";
import { fail, type Failure, ok, type Result } from "../lib/failure.ts";
import { type Log, type LogRecord, logTo, silentLog } from "../lib/log.ts";
import { ACTOR_NAMES, type ActorName } from "../messages/actor.ts";
import type { AnswerOf, Message, RequestKind, RequestOf } from "../messages/mod.ts";
import { ANSWERED_BY, ROUTES } from "../messages/mod.ts";
import type { RuntimeObserved } from "../messages/runtime.ts";
import type { Config } from "../config/table.ts";
import { ActorSlot, type Thread } from "./actor_slot.ts";
import type { Connection, FromHost, PeerName, TimeScale, ToHost } from "./control.ts";
import { KeptEnds } from "./kept_ends.ts";
import type { RuntimeLimits } from "./limits.ts";
import { type AskOptions, Link } from "./link.ts";
import { asPort, type Endpoint } from "./port.ts";
import { decideRestart } from "./restart_policy.ts";

/** How actors are run: threads of their own, or all on this one. */
export interface ThreadKind {
  /** Begins a thread for the actor. `onCrash` tells of an end that the host could not tell itself. */
  spawn(name: ActorName, onCrash: (failure: Failure) => void): Thread;
  /** A new channel between two threads of this kind. */
  channel(): readonly [Endpoint, Endpoint];
}

/** What a supervisor needs. */
export interface SupervisorDeps {
  readonly kind: ThreadKind;
  /** Actors of this system. */
  readonly actors: readonly ActorName[];
  /** Real time, or the shared manual clock. */
  readonly clock: Clock;
  readonly time: TimeScale | undefined;
  readonly config: Config;
  readonly limits: RuntimeLimits;
  readonly seed: number;
  readonly sink: (record: LogRecord) => void;
  /** A new way to the simulated cluster for an actor; undefined when it needs none. */
  gatewayFor?(name: ActorName): Endpoint | undefined;
  /** Called whenever an actor changes its state. */
  onChange?(observed: RuntimeObserved): void;
}

/** Stops first: no new commands from people. */
const STOPS_FIRST: readonly ActorName[] = ["server"];
/** Stops last: keeps the results of the others. */
const STOPS_LAST: readonly ActorName[] = ["aggregator"];

/** See the top of the file. */
export class Supervisor {
  readonly #deps: SupervisorDeps;
  readonly #log: Log;
  readonly #slots = new Map<ActorName, ActorSlot>();
  readonly #links = new Map<ActorName, Link>();
  readonly #keptEnds = new KeptEnds();
  #heartbeat: Timer | undefined;
  #stopping = false;
  #settled: (() => void) | undefined;
  /**
   * Begins all others once the server listens, undefined when that has happened: their threads would take the processor
   * from the one that people wait for. What it asks them meanwhile waits in their channels.
   */
  #beginOthers: (() => void) | undefined;

  /** Call {@link start} next. */
  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    this.#log = logTo(deps.sink, "supervisor", { nowMs: () => deps.clock.nowMs() });
    for (const name of ACTOR_NAMES) {
      if (!deps.actors.includes(name)) continue;
      this.#slots.set(name, new ActorSlot(name));
      this.#links.set(name, this.#createLink(name));
    }
  }

  /**
   * Starts all actors and resolves when each runs, or with the failure of one that was given up before it ever ran.
   */
  start(): Promise<Result<void>> {
    const [first, ...others] = this.#stopOrder();
    for (const slot of first!) this.#spawn(slot);
    this.#beginOthers = () => {
      if (first!.some((slot) => slot.state === "starting")) return;
      this.#beginOthers = undefined;
      if (first!.some((slot) => slot.state === "given_up")) return;
      for (const slot of others.flat()) this.#spawn(slot);
    };
    this.#beginOthers();
    this.#beat();
    return new Promise((resolve) => {
      this.#settled = () => {
        const slots = [...this.#slots.values()];
        const failed = slots.find((slot) => slot.state === "given_up" && !slot.everStarted);
        if (failed !== undefined) resolve({ ok: false, failure: failed.lastFailure! });
        else if (this.#stopping) resolve(fail("shutting_down", "Cannot start: stopping"));
        else if (slots.every((slot) => slot.everStarted)) resolve(ok(undefined));
      };
      this.#settled();
    });
  }

  /** Stops all actors in order. `inTime` is false when some did not stop within the limit and were ended. */
  async stop(): Promise<{ readonly inTime: boolean; readonly late: readonly ActorName[] }> {
    this.#stopping = true;
    this.#heartbeat?.cancel();
    const { clock, limits } = this.#deps;
    const deadlineMs = clock.nowMs() + limits.stopDeadlineMs;
    const late: ActorName[] = [];
    for (const slots of this.#stopOrder()) {
      await Promise.all(slots.map(async (slot) => {
        const ended = await withDeadline(clock, deadlineMs, this.#stopOne(slot));
        if (!ended.inTime) late.push(slot.name);
      }));
      for (const slot of slots) this.#end(slot);
    }
    this.#settled?.();
    return { inTime: late.length === 0, late };
  }

  /** Sends a fact in the supervisor's name to all that the routing table names. */
  emit(message: Message, transfer: readonly ArrayBufferLike[] = []): void {
    const receivers = ROUTES[message.kind].to.filter((name) => this.#links.has(name));
    for (const name of receivers) {
      this.#links.get(name)!.emit(message, receivers.length === 1 ? transfer : []);
    }
  }

  /** Asks the actor that answers this kind. Always settles. */
  async request<K extends RequestKind>(
    request: RequestOf<K>,
    options: AskOptions = {},
  ): Promise<Result<AnswerOf<K>>> {
    const link = this.#links.get(ANSWERED_BY[request.kind as K]);
    if (link === undefined) {
      return fail("actor_died", `Cannot ask for ${request.kind}: nobody in this system answers it`);
    }
    return await link.ask(request, options) as Result<AnswerOf<K>>;
  }

  /** Ends an actor as if it had crashed: for operators' drills and tests. It is restarted by the usual rules. */
  kill(name: ActorName, reason: string): void {
    const slot = this.#slots.get(name);
    assert(slot !== undefined, `${name} is not part of this system`);
    this.#onDeath(slot, { code: "actor_died", message: reason, retriable: true });
  }

  /** All actors as they are known now: figures are as of each one's last heartbeat. */
  observe(): RuntimeObserved {
    const slots = [...this.#slots.values()];
    return {
      kind: "runtime_observed",
      atMs: this.#deps.clock.nowMs(),
      actors: slots.map((slot) => {
        const towards = slots.map((other) => other.towards(slot.name));
        return {
          name: slot.name,
          state: slot.state,
          restarts: slot.restarts,
          lastFailure: slot.lastFailure?.message,
          lastHeartbeatMs: slot.lastHeartbeatMs,
          mailboxLength: sum(towards.map((t) => t.length)),
          messagesHandled: slot.handled,
          messagesDropped: sum(towards.map((t) => t.dropped)),
          deadLetters: sum(towards.map((t) => t.deadLetters)),
          requestsOwed: slot.counts.owed,
        };
      }),
    };
  }

  #createLink(peer: ActorName): Link {
    const link = new Link({
      peer,
      limits: this.#deps.limits,
      clock: this.#deps.clock,
      // What we say ourselves is said again at the next change; its losses are not worth a line.
      log: silentLog,
      onFact: () => {},
      onAsk: (request) =>
        Promise.resolve(fail("internal", `Cannot answer ${request.kind}: I am the supervisor`)),
    });
    link.open();
    return link;
  }

  #spawn(slot: ActorSlot): void {
    const { kind, config, limits, seed, time } = this.#deps;
    const life = slot.incarnation;
    const isCurrent = () => slot.incarnation === life && slot.thread === thread;
    const thread = kind.spawn(slot.name, (failure) => {
      if (isCurrent()) this.#onDeath(slot, failure);
    });
    slot.thread = thread;
    thread.listen((word) => {
      if (isCurrent()) this.#onWord(slot, word);
    });
    const connections = this.#connect(slot);
    const gateway = this.#deps.gatewayFor?.(slot.name);
    const peers: PeerName[] = ["supervisor", ...this.#others(slot).map((other) => other.name)];
    thread.send({
      t: "init",
      name: slot.name,
      incarnation: life,
      config,
      limits,
      seed,
      time,
      peers,
      connections,
      gateway,
    }, [...connections.map((c) => c.endpoint), ...(gateway === undefined ? [] : [gateway])]);
  }

  /** Lays a channel to ourselves and to every actor that is not dead: one that is not begun yet finds its end waiting. */
  #connect(slot: ActorSlot): Connection[] {
    const { kind } = this.#deps;
    const connections: Connection[] = [];
    for (const other of this.#others(slot)) {
      const kept = this.#keptEnds.take(slot.name, other.name);
      if (kept !== undefined) {
        connections.push({ peer: other.name, endpoint: kept });
        continue;
      }
      if (other.thread === undefined && other.state !== "starting") continue;
      const [near, far] = kind.channel();
      connections.push({ peer: other.name, endpoint: near });
      if (other.thread === undefined) this.#keptEnds.keep(other.name, slot.name, far);
      else {
        const connection = { peer: slot.name, endpoint: far };
        other.thread.send({ t: "peer_up", connection }, [far]);
      }
    }
    const [near, far] = kind.channel();
    connections.push({ peer: "supervisor", endpoint: near });
    this.#links.get(slot.name)!.connect(asPort(far));
    return connections;
  }

  #onWord(slot: ActorSlot, word: FromHost): void {
    switch (word.t) {
      case "started":
        slot.moveTo("running");
        slot.everStarted = true;
        if (slot.incarnation > 0) this.#log.info("Actor runs again", { actor: slot.name });
        return this.#changed();
      case "pong":
        slot.unanswered = 0;
        slot.lastHeartbeatMs = this.#deps.clock.nowMs();
        slot.counts = word.counts;
        return;
      case "died":
        return this.#onDeath(slot, word.failure);
      case "stopped":
        return slot.onStopped?.();
      case "log":
        return this.#deps.sink(word.record);
      default:
        word satisfies never;
    }
  }

  #onDeath(slot: ActorSlot, failure: Failure): void {
    if (slot.thread === undefined) return;
    const { clock, limits } = this.#deps;
    const firstStart = !slot.everStarted;
    slot.lastFailure = failure;
    const decision = decideRestart(slot.deathsMs, clock.nowMs(), limits);
    // A start that fails for a known reason which time does not heal fails again: a port in use, a store too new.
    const hopeless = firstStart && failure.code !== "internal" && !failure.retriable;
    const restart = decision.restart && !hopeless && !this.#stopping;
    this.#endThread(slot, {
      code: "actor_died",
      message: `Cannot wait for ${slot.name}: it died (${failure.message})`,
      retriable: restart,
    }, { forGood: !restart });
    slot.onStopped?.();
    if (this.#stopping) return;
    if (!restart) {
      slot.moveTo("given_up");
      // A start that fails for a known reason is reported by start().
      if (!hopeless) {
        this.#log.error("Gave up an actor", { actor: slot.name, reason: failure.message });
      }
    } else if (decision.restart) {
      slot.moveTo("restarting");
      slot.deathsMs = decision.deathsMs;
      this.#log.warn("Restarting an actor that died", {
        actor: slot.name,
        reason: failure.message,
        afterMs: decision.afterMs,
      });
      slot.restartTimer = clock.setTimer(clock.nowMs() + decision.afterMs, () => {
        slot.restartTimer = undefined;
        slot.incarnation++;
        slot.restarts++;
        slot.moveTo("starting");
        this.#spawn(slot);
        this.#changed();
      });
    }
    this.#changed();
  }

  /** Cuts an actor off: its thread is ended, and all others settle what it owed them. */
  #endThread(slot: ActorSlot, failure: Failure, options: { forGood: boolean }): void {
    slot.thread?.terminate();
    slot.thread = undefined;
    slot.closeBooks();
    this.#keptEnds.drop(slot.name);
    this.#links.get(slot.name)!.disconnect(failure, options);
    for (const other of this.#others(slot)) {
      if (other.thread === undefined) continue;
      const order: ToHost = {
        t: "peer_down",
        peer: slot.name,
        failure,
        forGood: options.forGood,
      };
      other.thread.send(order, []);
    }
  }

  #stopOrder(): readonly ActorSlot[][] {
    const slots = [...this.#slots.values()];
    const first = slots.filter(({ name }) => STOPS_FIRST.includes(name));
    const last = slots.filter(({ name }) => STOPS_LAST.includes(name));
    return [first, slots.filter((slot) => !first.includes(slot) && !last.includes(slot)), last];
  }

  #stopOne(slot: ActorSlot): Promise<void> {
    slot.restartTimer?.cancel();
    const { thread } = slot;
    if (thread === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      slot.onStopped = resolve;
      thread.send({ t: "stop" }, []);
    });
  }

  #end(slot: ActorSlot): void {
    slot.onStopped = undefined;
    const message = `Cannot wait for ${slot.name}: it has stopped`;
    this.#endThread(slot, { code: "shutting_down", message, retriable: false }, { forGood: true });
    slot.moveTo("stopped");
    this.#changed();
  }

  #beat(): void {
    const { clock, limits } = this.#deps;
    if (limits.heartbeatIntervalMs === 0) return;
    this.#heartbeat = clock.setTimer(clock.nowMs() + limits.heartbeatIntervalMs, () => {
      for (const slot of this.#slots.values()) this.#checkHeartbeat(slot);
      this.#beat();
      this.emit(this.observe());
    });
  }

  /** Counts beats instead of comparing times: a process that was suspended must not take its actors for dead. */
  #checkHeartbeat(slot: ActorSlot): void {
    if (slot.thread === undefined) return;
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = this.#deps.limits;
    const silentMs = slot.unanswered * heartbeatIntervalMs;
    if (silentMs >= heartbeatTimeoutMs) {
      return this.#onDeath(slot, {
        code: "actor_died",
        message:
          `No heartbeat for ${silentMs} ms, allowed ${heartbeatTimeoutMs} (evenkeel.runtime.heartbeat.timeout.ms)`,
        retriable: true,
      });
    }
    if (slot.unanswered === 0) slot.thread.send({ t: "ping" }, []);
    slot.unanswered++;
  }

  #changed(): void {
    if (!this.#stopping) this.#beginOthers?.();
    const observed = this.observe();
    if (!this.#stopping) this.emit(observed);
    this.#deps.onChange?.(observed);
    this.#settled?.();
  }

  #others(slot: ActorSlot): ActorSlot[] {
    return [...this.#slots.values()].filter((other) => other !== slot);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
