/**
 * The connection of one actor to one other: facts through a mailbox, requests with their answers. It outlives the
 * other actor: when that one dies, what it owed settles, and what must reach it waits for its successor.
 *
 * @module
 */
import type { Clock, Timer } from "../lib/clock.ts";
import { fail, type Failure, type Result } from "../lib/failure.ts";
import type { Log } from "../lib/log.ts";
import type { Message, RequestKind } from "../messages/mod.ts";
import { ROUTES } from "../messages/mod.ts";
import type { PeerName } from "./control.ts";
import type { RuntimeLimits } from "./limits.ts";
import { Mailbox, type MailboxCounts } from "./mailbox.ts";
import type { Port } from "./port.ts";

/** A request of any kind, as the runtime carries it. */
export interface AnyRequest {
  readonly kind: RequestKind;
}

/** What travels over a port. */
type Frame =
  | { readonly t: "fact"; readonly message: Message }
  | { readonly t: "handled"; readonly count: number }
  | { readonly t: "ask"; readonly id: number; readonly request: AnyRequest }
  | { readonly t: "answer"; readonly id: number; readonly result: Result<unknown> };

/** What a link needs. */
export interface LinkDeps {
  readonly peer: PeerName;
  readonly limits: RuntimeLimits;
  /** Real time: deadlines guard against a silent thread, whatever time the actor lives in. */
  readonly clock: Clock;
  readonly log: Log;
  /** Handles a fact; must not throw. */
  onFact(message: Message): void;
  /** Answers a request; must not reject. */
  onAsk(request: AnyRequest): Promise<Result<unknown>>;
}

/** Options of a request. */
export interface AskOptions {
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

interface Owed {
  readonly kind: RequestKind;
  settle(result: Result<unknown>): void;
}

/** See the top of the file. Starts without a port. */
export class Link {
  readonly #deps: LinkDeps;
  readonly #mailbox: Mailbox;
  #port: Port | undefined;
  /** Why there is no port. */
  #absence: Failure;
  #gone = false;
  /** False until our own actor has started; what arrives before waits. */
  #open = false;
  #inbox: Frame[] = [];
  #handled = 0;
  #nextId = 0;
  readonly #owed = new Map<number, Owed>();

  /** Requests fail with `actor_died` until {@link connect}. */
  constructor(deps: LinkDeps) {
    this.#deps = deps;
    this.#mailbox = new Mailbox(deps.limits.mailboxSize);
    this.#absence = {
      code: "actor_died",
      message: `Cannot reach ${deps.peer}: it has not started yet`,
      retriable: true,
    };
  }

  /** The other actor runs and this is the way to it. */
  connect(port: Port): void {
    if (this.#port !== undefined) this.disconnect(this.#absence);
    this.#port = port;
    this.#mailbox.receiverFound();
    port.listen((data) => {
      if (this.#port === port) this.#receive(data as Frame);
    });
    this.#send();
  }

  /** The other actor is gone, `forGood` when nobody will restart it. All that it owed settles with `failure`. */
  disconnect(failure: Failure, options: { forGood?: boolean } = {}): void {
    this.#port?.close();
    this.#port = undefined;
    this.#absence = failure;
    this.#gone = options.forGood ?? false;
    this.#inbox = [];
    this.#handled = 0;
    const lost = this.#mailbox.receiverLost(this.#gone ? "gone" : "down");
    if (lost > 0) {
      this.#deps.log.warn("Dead letters: the receiver died before it handled them", {
        receiver: this.#deps.peer,
        lost,
      });
    }
    const owed = [...this.#owed.values()];
    this.#owed.clear();
    for (const { settle } of owed) settle({ ok: false, failure });
  }

  /** Our own actor has started: lets in what arrived before. */
  open(): void {
    this.#open = true;
    const waiting = this.#inbox;
    this.#inbox = [];
    for (const frame of waiting) this.#receive(frame);
  }

  /** Sends a fact by its policy. Throws when the fact cannot cross threads, which is a programmer error. */
  emit(message: Message, transfer: readonly ArrayBufferLike[] = []): void {
    const { policy } = ROUTES[message.kind];
    const outcome = this.#mailbox.offer(message, { policy, transfer });
    if (outcome === "dead_letter" || outcome === "dropped") this.#logLoss(message, outcome);
    this.#send();
  }

  /** Asks and waits. Always settles. */
  ask(request: AnyRequest, options: AskOptions = {}): Promise<Result<unknown>> {
    const { peer, limits, clock } = this.#deps;
    if (this.#port === undefined) {
      return Promise.resolve({ ok: false, failure: this.#absence });
    }
    if (options.signal?.aborted) return Promise.resolve(cancelled(request.kind));
    if (this.#owed.size >= limits.requestsMax) {
      return Promise.resolve(fail(
        "mailbox_full",
        `Cannot ask ${peer} for ${request.kind}: it owes ${this.#owed.size} answers, allowed ${limits.requestsMax} (evenkeel.runtime.requests.max)`,
        { retriable: true },
      ));
    }
    const deadlineMs = options.deadlineMs ?? limits.requestDeadlineMs;
    return new Promise((resolve) => {
      const id = this.#nextId++;
      const timer: Timer = clock.setTimer(clock.nowMs() + deadlineMs, () =>
        settle(fail(
          "deadline_exceeded",
          `Cannot get ${request.kind} from ${peer}: no answer within ${deadlineMs} ms`,
          { retriable: true },
        )));
      const onAbort = () => settle(cancelled(request.kind));
      const settle = (result: Result<unknown>) => {
        timer.cancel();
        options.signal?.removeEventListener("abort", onAbort);
        this.#owed.delete(id);
        resolve(result);
      };
      options.signal?.addEventListener("abort", onAbort, { once: true });
      this.#owed.set(id, { kind: request.kind, settle });
      this.#port!.post({ t: "ask", id, request } satisfies Frame);
    });
  }

  /** Figures of the mailbox towards the other actor. */
  get counts(): MailboxCounts {
    return this.#mailbox.counts;
  }

  #send(): void {
    while (true) {
      const letter = this.#mailbox.next();
      if (letter === undefined) return;
      this.#port!.post(
        { t: "fact", message: letter.message } satisfies Frame,
        letter.transfer,
      );
    }
  }

  #receive(frame: Frame): void {
    switch (frame.t) {
      case "handled":
        this.#mailbox.handled(frame.count);
        return this.#send();
      case "answer":
        return this.#owed.get(frame.id)?.settle(frame.result);
      case "fact":
        if (!this.#open) return void this.#inbox.push(frame);
        this.#deps.onFact(frame.message);
        return this.#acknowledge();
      case "ask":
        if (!this.#open) return void this.#inbox.push(frame);
        return void this.#answer(frame.id, frame.request);
      default:
        frame satisfies never;
    }
  }

  /** One acknowledgement for all that is handled in one go. */
  #acknowledge(): void {
    if (this.#handled++ > 0) return;
    const port = this.#port;
    Promise.resolve().then(() => {
      if (this.#port !== port || port === undefined) return;
      port.post({ t: "handled", count: this.#handled } satisfies Frame);
      this.#handled = 0;
    });
  }

  async #answer(id: number, request: AnyRequest): Promise<void> {
    const port = this.#port;
    const result = await this.#deps.onAsk(request);
    if (this.#port !== port || port === undefined) return;
    try {
      port.post({ t: "answer", id, result } satisfies Frame);
    } catch (error) {
      // The answer holds something that cannot cross threads. The asker must not wait for it in vain.
      const reason = error instanceof Error ? error.message : String(error);
      const refused = fail("internal", `Cannot send the answer to ${request.kind}: ${reason}`);
      port.post({ t: "answer", id, result: refused } satisfies Frame);
      this.#deps.log.error("Cannot send an answer", { kind: request.kind, reason });
    }
  }

  /** Losses repeat while their cause lasts: the 1st, 2nd, 4th, 8th, ... is logged. */
  #logLoss(message: Message, outcome: "dropped" | "dead_letter"): void {
    const { dropped, deadLetters } = this.#mailbox.counts;
    const total = outcome === "dropped" ? dropped : deadLetters;
    if ((total & (total - 1)) !== 0) return;
    const text = outcome === "dropped"
      ? "Dropped a fact: the mailbox of its receiver is full"
      : "Dead letter: the receiver of a fact is down";
    this.#deps.log.warn(text, { receiver: this.#deps.peer, kind: message.kind, total });
  }
}

function cancelled(kind: RequestKind): Result<never> {
  return fail("cancelled", `Cannot get ${kind}: the request was cancelled by its sender`);
}
