/**
 * The mailbox of one receiver as one sender keeps it: which facts may travel, which wait, which are lost.
 *
 * ```
 *  offer --> [ waiting ] --next--> [ underway, at most `size` ] --handled--> gone
 *                ^                          |
 *                +---- receiver died -------+   (what must not be lost; the rest becomes dead letters)
 * ```
 * It lives at the sender because a receiver whose thread is busy cannot bound what piles up before it: the sender
 * stops sending instead. What comes out is a subsequence of what went in.
 *
 * @module
 */
import { assert } from "../lib/assert.ts";
import type { MailboxPolicy, Message, MessageKind } from "../messages/mod.ts";

/** One fact on its way. */
export interface Letter {
  /** Order of offering. */
  readonly order: number;
  readonly message: Message;
  readonly policy: MailboxPolicy;
  readonly transfer: readonly ArrayBufferLike[];
}

/** What became of an offered fact. */
export type Offered = "waits" | "replaced_older" | "dropped" | "dead_letter";

/** Whether the receiver is there: `down` may come back, `gone` will not. */
export type ReceiverState = "up" | "down" | "gone";

/** Figures since the mailbox was made. */
export interface MailboxCounts {
  /** Facts that wait or are underway now. */
  readonly length: number;
  /** Facts dropped because the mailbox was full, or replaced by a newer one. */
  readonly dropped: number;
  /** Facts lost because the receiver was down or died. */
  readonly deadLetters: number;
}

/** See the top of the file. Starts `down`. */
export class Mailbox {
  readonly #size: number;
  #state: ReceiverState = "down";
  #order = 0;
  #waiting: Letter[] = [];
  #underway: Letter[] = [];
  /** Newest fact of each `keep_latest` kind, for a receiver that starts anew. */
  readonly #latest = new Map<MessageKind, Letter>();
  #dropped = 0;
  #deadLetters = 0;

  /** `size`: most facts underway. */
  constructor(size: number) {
    assert(size >= 1, "A mailbox holds at least one fact");
    this.#size = size;
  }

  /** Takes in a fact. O(waiting). */
  offer(
    message: Message,
    options: { policy: MailboxPolicy; transfer?: readonly ArrayBufferLike[] },
  ): Offered {
    const { policy, transfer = [] } = options;
    if (this.#state === "gone" || (this.#state === "down" && policy === "drop_newest")) {
      this.#deadLetters++;
      return "dead_letter";
    }
    if (policy === "drop_newest" && this.#waiting.length + this.#underway.length >= this.#size) {
      this.#dropped++;
      return "dropped";
    }
    const letter: Letter = { order: this.#order++, message, policy, transfer };
    const replaced = policy === "keep_latest" && this.#removeWaiting(message.kind);
    if (policy === "keep_latest" && transfer.length === 0) this.#latest.set(message.kind, letter);
    this.#waiting.push(letter);
    if (!replaced) return "waits";
    this.#dropped++;
    return "replaced_older";
  }

  /** The next fact to send now, which is underway from then on; undefined when none may be sent. */
  next(): Letter | undefined {
    const letter = this.#waiting[0];
    if (letter === undefined || this.#state !== "up") return undefined;
    if (this.#underway.length >= this.#size) return undefined;
    // At most one of a keep_latest kind is underway: the newer ones replace each other here meanwhile.
    if (letter.policy === "keep_latest" && this.#isUnderway(letter.message.kind)) return undefined;
    this.#waiting.shift();
    this.#underway.push(letter);
    return letter;
  }

  /** The receiver has handled the `count` oldest facts that were underway. */
  handled(count: number): void {
    assert(count <= this.#underway.length, "Only what is underway can be handled");
    this.#underway.splice(0, count);
  }

  /**
   * The receiver died (`down`) or is given up (`gone`). What it had not handled is kept for its successor when its
   * policy asks for that and its buffers have not moved away with it; the rest is lost. Returns how many were lost.
   */
  receiverLost(state: "down" | "gone"): number {
    const before = this.#deadLetters;
    this.#state = state;
    const kept: Letter[] = [];
    for (const letter of this.#underway) {
      // Superseded facts are no loss; those that #latest holds come back in receiverFound().
      if (letter.policy === "keep_latest" && letter.transfer.length === 0) continue;
      if (letter.policy === "never_dropped" && letter.transfer.length === 0) kept.push(letter);
      else this.#deadLetters++;
    }
    for (const letter of this.#waiting) {
      if (letter.policy === "drop_newest") this.#deadLetters++;
      else kept.push(letter);
    }
    this.#underway = [];
    this.#waiting = kept;
    if (state === "gone") this.#loseAllWaiting();
    return this.#deadLetters - before;
  }

  /** A receiver started: it gets what was kept and the newest fact of each `keep_latest` kind, in order. */
  receiverFound(): void {
    assert(this.#state === "down", "Only a receiver that was down can come up");
    this.#state = "up";
    const again = [...this.#latest.values()].filter((letter) => !this.#waiting.includes(letter));
    this.#waiting = [...this.#waiting, ...again].sort((a, b) => a.order - b.order);
  }

  /** Figures for people. */
  get counts(): MailboxCounts {
    return {
      length: this.#waiting.length + this.#underway.length,
      dropped: this.#dropped,
      deadLetters: this.#deadLetters,
    };
  }

  #loseAllWaiting(): void {
    this.#deadLetters += this.#waiting.length;
    this.#waiting = [];
    this.#latest.clear();
  }

  #isUnderway(kind: MessageKind): boolean {
    return this.#underway.some((letter) => letter.message.kind === kind);
  }

  #removeWaiting(kind: MessageKind): boolean {
    const at = this.#waiting.findIndex((letter) => letter.message.kind === kind);
    if (at < 0) return false;
    this.#waiting.splice(at, 1);
    return true;
  }
}
