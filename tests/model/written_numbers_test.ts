import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { TopicColumns } from "../../model/snapshot_columns.ts";
import { readWritten } from "../../model/snapshot_written.ts";

const columns = new TopicColumns();

/** What is read of a text as MB of a partition and as its number, undefined when it is left to others. */
function readOf(texts: { mb?: string; id?: string }): { mb: number; id: number } | undefined {
  const { mb = "0", id = "0" } = texts;
  const loads = `"load":[1,0,0,${mb}],"followerLoad":[1,0,0,0]`;
  const text = `\0{"id":${id},"replicas":[4],"leader":4,${loads}}`;
  columns.partitions = columns.replicas = 0;
  const reached = readWritten(new TextEncoder().encode(`${text}\0`), 1, columns);
  if (reached !== text.length) return undefined;
  return { mb: columns.leaderLoad[3]!, id: columns.numbers[0]! };
}

const mbOf = (text: string) => readOf({ mb: text })?.mb;

Deno.test("readWritten() rounds numbers of up to 18 digits as JSON.parse does", () => {
  let read = 0;
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 19 }),
      fc.nat({ max: 18 }),
      fc.nat({ max: 5 }),
      (digits, place, zeros) => {
        const all = digits.join("").replace(/^0+/, "") || "0";
        const cut = all.length - Math.min(place, all.length);
        const text = cut === 0
          ? `0.${"0".repeat(zeros)}${all}`
          : `${all.slice(0, cut)}${cut < all.length ? "." : ""}${all.slice(cut)}`;
        const value = mbOf(text);
        if (value === undefined) return;
        read++;
        assertEquals(value, JSON.parse(text), text);
      },
    ),
    { seed: 14, numRuns: 50_000 },
  );
  assert(read > 30_000, `only ${read} were read`);
});

Deno.test("readWritten() reads what String() makes of doubles", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e8, noNaN: true }), (number) => {
      const value = mbOf(String(number));
      if (value === undefined) return;
      read++;
      assertEquals(value, number);
    }),
    { seed: 15, numRuns: 20_000 },
  );
  assert(read > 15_000, `only ${read} were read`);
});

Deno.test("readWritten() leaves all other numbers to others", () => {
  const others = ["", "-1", "01", "1.", ".5", "1e3", "1E3", "1.5e3", "1.2.3", "NaN", "1234567890"];
  for (const text of others) assertEquals(mbOf(text), undefined, text);
  for (const text of ["", "-1", "00", "07", "1234567890", "1.5", "x"]) {
    assertEquals(readOf({ id: text }), undefined, text);
  }
  assertEquals(readOf({ id: "120", mb: "0.25" }), { id: 120, mb: 0.25 });
  assertEquals(readOf({ id: "987654321", mb: "123456789" }), { id: 987_654_321, mb: 123_456_789 });
});
