import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { NOWHERE, readAmount, readWhole } from "../../model/written_numbers.ts";

/** What is read of a text, undefined when it is left to others. */
function readOf(text: string): number | undefined {
  const bytes = new TextEncoder().encode(`\0${text},\0`);
  const into = new Float64Array(1);
  return readAmount(bytes, 1, into, 0) === 1 + text.length ? into[0]! : undefined;
}

Deno.test("readAmount() rounds numbers of up to 18 digits as JSON.parse does", () => {
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
        const value = readOf(text);
        if (value === undefined) return;
        read++;
        assertEquals(value, JSON.parse(text), text);
      },
    ),
    { seed: 14, numRuns: 50_000 },
  );
  assert(read > 30_000, `only ${read} were read`);
});

Deno.test("readAmount() reads what String() makes of doubles", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e8, noNaN: true }), (number) => {
      const value = readOf(String(number));
      if (value === undefined) return;
      read++;
      assertEquals(value, number);
    }),
    { seed: 15, numRuns: 20_000 },
  );
  assert(read > 15_000, `only ${read} were read`);
});

Deno.test("readAmount() and readWhole() leave everything else to others", () => {
  const others = ["", "-1", "01", "1.", ".5", "1e3", "1E3", "1.5e3", "1.2.3", "NaN", "1234567890"];
  for (const text of others) assertEquals(readOf(text), undefined, text);
  const into = new Int32Array(1);
  for (const text of ["", "-1", "00", "07", "1234567890", "x"]) {
    const bytes = new TextEncoder().encode(`\0${text},\0`);
    assertEquals(readWhole(bytes, 1, into, 0), NOWHERE, text);
  }
  assertEquals(readWhole(new TextEncoder().encode("x120,"), 1, into, 0), 4);
  assertEquals(into[0], 120);
});
