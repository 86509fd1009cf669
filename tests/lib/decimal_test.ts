import { assertEquals } from "@std/assert";
import { decimalOf } from "../../lib/decimal.ts";

Deno.test("decimalOf() reads digits, sign, point and exponent, and nothing else", () => {
  const read: readonly [string, number][] = [
    ["12", 12],
    ["-1.5", -1.5],
    [".5", 0.5],
    ["1.", 1],
    ["+1e3", 1000],
    ["1E-2", 0.01],
    ["1e999", Infinity],
  ];
  for (const [text, number] of read) assertEquals(decimalOf(text), number, text);
  const none = [
    "",
    " ",
    "0x10",
    "0b1",
    "1_000",
    "NaN",
    "Infinity",
    "1,5",
    "1f",
    "e5",
    ".",
    "- 1",
    " 1",
  ];
  for (const text of none) assertEquals(decimalOf(text), NaN, text);
});
