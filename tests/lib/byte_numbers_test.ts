import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  NUMBER_BYTES,
  putAny,
  putThousandths,
  putWhole,
  WHOLE_END,
} from "../../lib/byte_numbers.ts";

const RUNS = { seed: 20268, numRuns: 300 };
const EDGES = [0, 1, 9, 10, 99, 100, 999, 1000, 1001, 99_999, 999_999, 1_000_000, 12_003_004];
const LAST = WHOLE_END - 1;

/** What a function puts between other bytes. */
function textOf(putNumber: (view: DataView, at: number, value: number) => number, value: number) {
  const view = new DataView(new ArrayBuffer(NUMBER_BYTES + 1));
  view.setUint8(0, 0x3a);
  const end = putNumber(view, 1, value);
  return new TextDecoder().decode(new Uint8Array(view.buffer, 0, end));
}

Deno.test("putWhole() writes whole numbers as String does", () => {
  const check = (value: number) => assertEquals(textOf(putWhole, value), `:${value}`);
  for (const value of [...EDGES, LAST]) check(value);
  fc.assert(fc.property(fc.nat(LAST), check), RUNS);
});

Deno.test("putThousandths() writes a thousandth of its number as String does", () => {
  const check = (value: number) => assertEquals(textOf(putThousandths, value), `:${value / 1000}`);
  for (const value of [...EDGES, LAST]) check(value);
  fc.assert(fc.property(fc.nat(LAST), check), RUNS);
});

Deno.test("putAny() writes any number as String does", () => {
  const odd = [-0, -1, -0.5, 1e9, 2 ** 31, 2 ** 40, 1e21, 1 / 3, -1 / 3e9, NaN, -Infinity];
  for (const value of odd) assertEquals(textOf(putAny, value), `:${value}`);
});
