import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ByteText } from "../../lib/byte_text.ts";

const RUNS = { seed: 20268, numRuns: 300 };

function textOf(text: ByteText): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(text.take());
}

Deno.test("ByteText.putNumber() writes numbers of up to three digits behind the point as String does", () => {
  const cases = [0, 1, 9, 10, 99, 100, 999, 1000, 1001, 99_999, 999_999, 1_000_000, 12_003_004];
  const parts = [0.001, 0.01, 0.1, 0.101, 0.12, 0.999, 7.05, 999_999.999, 1_000_000.5];
  const odd = [-1, -0.5, 999_999_999, 1e9, 2 ** 31, 2 ** 40, 1e21, NaN, Infinity];
  const check = (value: number) => {
    const text = new ByteText(1);
    text.putNumber(value, 0);
    text.putNumber(value, 0x2c);
    assertEquals(textOf(text), `${value}${value},`);
  };
  for (const value of [...cases, ...parts, ...odd]) check(value);
  fc.assert(fc.property(fc.nat(2_000_000_000), check), RUNS);
  fc.assert(fc.property(fc.nat(2_000_000_000), (n) => check(n / 1000)), RUNS);
});

Deno.test("ByteText puts pieces and texts behind each other, whatever they are of", () => {
  const put = fc.record({
    text: fc.string({ unit: "binary", maxLength: 300 }),
    isPiece: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(put, { maxLength: 20 }), fc.nat(64), (puts, room) => {
      const text = new ByteText(room);
      const expected = puts.map(({ text: one }) => one.toWellFormed()).join("");
      for (const { text: one, isPiece } of puts) {
        if (isPiece) text.putPiece(text.pieceOf(one));
        else text.putText(one);
      }
      assertEquals(text.length, new TextEncoder().encode(expected).length);
      assertEquals(textOf(text), expected);
      assertEquals(text.length, 0);
    }),
    RUNS,
  );
});

Deno.test("ByteText keeps pieces when the text is taken, and number 0 is empty", () => {
  const text = new ByteText(8);
  const piece = text.pieceOf("many times, ");
  for (const count of [1, 3, 100]) {
    for (let i = 0; i < count; i++) text.putPiece(piece);
    text.putPiece(0);
    assertEquals(textOf(text), "many times, ".repeat(count));
  }
});
