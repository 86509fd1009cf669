import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { TopicColumns } from "../../model/snapshot_columns.ts";
import { READ_AHEAD, readWritten, rehearse } from "../../model/snapshot_written.ts";

const columns = new TopicColumns();

/**
 * What is read of texts as MB of a partition, of its followers and as its number, undefined when it is left to others.
 * What follows a text stands for what was there before.
 */
function readOf(texts: { mb?: string; followerMb?: string; id?: string }) {
  const { mb = "0", followerMb = "0", id = "0" } = texts;
  const loads = `"load":[1,0,0,${mb}],"followerLoad":[1,0,0,${followerMb}]`;
  const text = `{"id":${id},"replicas":[4],"leader":4,${loads}}`;
  columns.partitions = columns.replicas = 0;
  const bytes = new TextEncoder().encode(`${text}\0${"9".repeat(READ_AHEAD)}`);
  const reached = readWritten(new DataView(bytes.buffer), 0, columns);
  if (reached !== text.length) return undefined;
  return {
    mb: columns.leaderLoad[3]!,
    followerMb: columns.followerLoad[3]!,
    id: columns.numbers[0]!,
  };
}

const mbOf = (text: string) => readOf({ mb: text })?.mb;

Deno.test("readWritten() rounds numbers of up to 19 digits as JSON.parse does", () => {
  let read = 0;
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 19 }),
      fc.nat({ max: 18 }),
      fc.nat({ max: 5 }),
      fc.nat({ max: 18 }),
      (digits, place, zeros, exponent) => {
        const all = digits.join("").replace(/^0+/, "") || "0";
        const cut = all.length - Math.min(place, all.length);
        const number = cut === 0
          ? `0.${"0".repeat(zeros)}${all}`
          : `${all.slice(0, cut)}${cut < all.length ? "." : ""}${all.slice(cut)}`;
        const text = exponent > 0 && exponent < 10
          ? `${number}e-${place % 2 === 0 ? "" : "0"}${exponent}`
          : number;
        const value = mbOf(text);
        if (value === undefined) return;
        read++;
        assertEquals(value, JSON.parse(text), text);
      },
    ),
    { seed: 14, numRuns: 100_000 },
  );
  assert(read > 60_000, `only ${read} were read`);
});

Deno.test("readWritten() reads what String() makes of doubles", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.double({ min: 1e-8, max: 1e7, noNaN: true }), (number) => {
      const value = mbOf(String(number));
      if (value === undefined) return;
      read++;
      assertEquals(value, number);
    }),
    { seed: 15, numRuns: 20_000 },
  );
  assert(read > 15_000, `only ${read} were read`);
});

/** The number half way between a double from 2^-20 to 2^23 and the next, cut to so many digits behind the point. */
function halfWay(fraction: number, exponent: number, behind: number): string {
  const odd = (2n ** 52n + BigInt(fraction)) * 2n + 1n;
  const digits = odd * 10n ** BigInt(behind) / 2n ** BigInt(53 - exponent);
  const text = digits.toString().padStart(behind + 1, "0");
  return `${text.slice(0, -behind)}.${text.slice(-behind)}`;
}

Deno.test("readWritten() leaves what is too near to half way to others, and rounds the rest", () => {
  let read = 0;
  fc.assert(
    fc.property(
      fc.nat({ max: 2 ** 52 - 1 }),
      fc.integer({ min: -20, max: 22 }),
      fc.integer({ min: 12, max: 22 }),
      (fraction, exponent, behind) => {
        const text = halfWay(fraction, exponent, behind);
        const value = mbOf(text);
        if (value === undefined) return;
        read++;
        assertEquals(value, JSON.parse(text), text);
      },
    ),
    { seed: 16, numRuns: 20_000 },
  );
  assert(read > 10_000, `only ${read} were read`);
});

Deno.test("readWritten() reads a follower's number that is the leader's, or only begins like it", () => {
  const long = "221.05770385853177";
  for (
    const mb of ["0", "5", "1.25", "0.537", "123456.7", long, "0.00041072726448164253", "4.1e-7"]
  ) {
    assertEquals(readOf({ mb, followerMb: mb }), { mb: +mb, followerMb: +mb, id: 0 });
  }
  for (
    const followerMb of [`${long}1`, `${long}e-2`, long.slice(0, -1), `1${long}`, `${long}5.1`]
  ) {
    const isNumber = !Number.isNaN(+followerMb);
    const expected = isNumber ? { mb: +long, followerMb: +followerMb, id: 0 } : undefined;
    assertEquals(readOf({ mb: long, followerMb }), expected, followerMb);
  }
});

Deno.test("rehearse() leaves nothing behind", () => {
  const rehearsed = new TopicColumns();
  rehearse(rehearsed);
  const { partitions, replicas, topicNames, partitionStart, isAscending } = rehearsed;
  assertEquals([partitions, replicas, topicNames, partitionStart], [0, 0, [], []]);
  assert(isAscending);
});

Deno.test("readWritten() leaves all other numbers to others", () => {
  const others = [
    "",
    "-1",
    "01",
    "1.",
    ".5",
    "1e3",
    "1E3",
    "1.5e3",
    "1e-10",
    "1.5e-",
    "1.2.3",
    "NaN",
    "12345678",
  ];
  for (const text of others) assertEquals(mbOf(text), undefined, text);
  for (const text of ["", "-1", "00", "07", "12345678", "1.5", "x"]) {
    assertEquals(readOf({ id: text }), undefined, text);
  }
  assertEquals(readOf({ id: "120", mb: "0.25" }), { id: 120, mb: 0.25, followerMb: 0 });
  const long = { id: "7654321", mb: "1234567", followerMb: "1234567.5" };
  assertEquals(readOf(long), { id: 7_654_321, mb: 1_234_567, followerMb: 1_234_567.5 });
});
