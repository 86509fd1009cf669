import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ROUTES } from "../../messages/mod.ts";
import type { Message } from "../../messages/mod.ts";
import { Mailbox } from "../../workers/mailbox.ts";
import { executionEnded, numberOf, samples, samplingState } from "./helpers.ts";

function offer(mailbox: Mailbox, message: Message) {
  return mailbox.offer(message, { policy: ROUTES[message.kind].policy });
}

function drain(mailbox: Mailbox): number[] {
  const sent: number[] = [];
  for (let letter = mailbox.next(); letter !== undefined; letter = mailbox.next()) {
    sent.push(numberOf(letter.message));
    mailbox.handled(1);
  }
  return sent;
}

function upMailbox(size: number): Mailbox {
  const mailbox = new Mailbox(size);
  mailbox.receiverFound();
  return mailbox;
}

Deno.test("Mailbox keep_latest replaces the one that waits while one is underway", () => {
  const mailbox = upMailbox(8);
  offer(mailbox, samplingState(1));
  assertEquals(numberOf(mailbox.next()!.message), 1);
  offer(mailbox, samplingState(2));
  assertEquals(offer(mailbox, samplingState(3)), "replaced_older");
  assertEquals(mailbox.next(), undefined);
  mailbox.handled(1);
  assertEquals(drain(mailbox), [3]);
  assertEquals(mailbox.counts, { length: 0, dropped: 1, deadLetters: 0 });
});

Deno.test("Mailbox drop_newest drops and counts when size facts are not handled", () => {
  const mailbox = upMailbox(2);
  assertEquals([1, 2, 3].map((n) => offer(mailbox, samples(n))), ["waits", "waits", "dropped"]);
  assertEquals(drain(mailbox), [1, 2]);
  assertEquals(mailbox.counts.dropped, 1);
});

Deno.test("Mailbox never_dropped enters a full mailbox and travels when there is room", () => {
  const mailbox = upMailbox(1);
  for (let n = 0; n < 50; n++) offer(mailbox, executionEnded(n));
  assertEquals(numberOf(mailbox.next()!.message), 0);
  assertEquals(mailbox.next(), undefined);
  mailbox.handled(1);
  assertEquals(drain(mailbox).length, 49);
  assertEquals(mailbox.counts.dropped, 0);
});

Deno.test("Mailbox receiverLost() keeps what must arrive and counts the rest as dead letters", () => {
  const mailbox = upMailbox(8);
  for (const message of [samples(1), executionEnded(2), samplingState(3), samples(4)]) {
    offer(mailbox, message);
    mailbox.next();
  }
  assertEquals(mailbox.receiverLost("down"), 2);
  assertEquals(offer(mailbox, samples(5)), "dead_letter");
  mailbox.receiverFound();
  assertEquals(drain(mailbox), [2, 3]);
});

Deno.test("Mailbox receiverFound() gives a successor the newest of each keep_latest kind again", () => {
  const mailbox = upMailbox(8);
  offer(mailbox, samplingState(1));
  offer(mailbox, samplingState(2));
  drain(mailbox);
  mailbox.receiverLost("down");
  mailbox.receiverFound();
  assertEquals(drain(mailbox), [2]);
});

Deno.test("Mailbox receiverLost() for good makes everything a dead letter", () => {
  const mailbox = upMailbox(8);
  offer(mailbox, executionEnded(1));
  assertEquals(mailbox.receiverLost("gone"), 1);
  assertEquals(offer(mailbox, executionEnded(2)), "dead_letter");
  assertEquals(mailbox.counts, { length: 0, dropped: 0, deadLetters: 2 });
});

const KINDS = [samplingState, executionEnded, samples];
const STEP = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("offer" as const), kind: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("send" as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("handle" as const) }) },
);

Deno.test("Mailbox lets out a subsequence, keeps within its size, and accounts for every fact", () => {
  fc.assert(
    fc.property(
      fc.array(STEP, { maxLength: 80 }),
      fc.integer({ min: 1, max: 5 }),
      (steps, size) => {
        const mailbox = upMailbox(size);
        let offered = 0;
        let underway = 0;
        const sent: number[] = [];
        for (const step of steps) {
          if (step.do === "offer") offer(mailbox, KINDS[step.kind]!(offered++) as Message);
          if (step.do === "handle" && underway > 0) mailbox.handled(1), underway--;
          if (step.do !== "send") continue;
          const letter = mailbox.next();
          if (letter === undefined) continue;
          sent.push(numberOf(letter.message));
          underway++;
        }
        assert(underway <= size);
        assert(sent.every((n, i) => i === 0 || n > sent[i - 1]!), `out of order: ${sent}`);
        const { length, dropped } = mailbox.counts;
        assertEquals(sent.length - underway + length + dropped, offered);
      },
    ),
    { seed: 7, numRuns: 500 },
  );
});

Deno.test("Mailbox never loses an execution_ended over any deaths of its receiver", () => {
  const life = fc.array(fc.constantFrom("offer", "send", "handle", "die"), { maxLength: 60 });
  fc.assert(
    fc.property(life, (steps) => {
      const mailbox = upMailbox(3);
      let offered = 0;
      const underway: number[] = [];
      const handled = new Set<number>();
      for (const step of [...steps, "die"]) {
        if (step === "offer") offer(mailbox, executionEnded(offered++));
        if (step === "send") {
          const letter = mailbox.next();
          if (letter !== undefined) underway.push(numberOf(letter.message));
        }
        if (step === "handle" && underway.length > 0) {
          mailbox.handled(1);
          handled.add(underway.shift()!);
        }
        if (step !== "die") continue;
        underway.length = 0;
        mailbox.receiverLost("down");
        mailbox.receiverFound();
      }
      for (const n of drain(mailbox)) handled.add(n);
      assertEquals(handled.size, offered);
    }),
    { seed: 8, numRuns: 500 },
  );
});
