import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  BytePieces,
  ByteText,
  ByteWord,
  eightBytes,
  putPiece,
  putWord,
} from "../../lib/byte_text.ts";

const RUNS = { seed: 20268, numRuns: 300 };

function textOf(text: ByteText): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(text.take());
}

/** Puts a piece, or a word, behind a text. */
function put(text: ByteText, what: BytePieces | ByteWord, piece = 0): void {
  const view = text.room(what instanceof ByteWord ? what.length : what.longest);
  text.length = what instanceof ByteWord
    ? putWord(view, text.length, what)
    : putPiece(view, text.length, what, piece);
}

Deno.test("ByteText puts pieces, words and texts behind each other, whatever they are of", () => {
  const some = fc.record({
    text: fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.string({ unit: "grapheme-ascii", maxLength: 600 }),
    ),
    as: fc.constantFrom("text", "piece", "word"),
  });
  fc.assert(
    fc.property(fc.array(some, { maxLength: 20 }), fc.nat(64), (puts, room) => {
      const text = new ByteText(room);
      const pieces = new BytePieces();
      const word = new ByteWord();
      const expected = puts.map(({ text: one, as }) =>
        as === "word" ? JSON.stringify(one) : one.toWellFormed()
      ).join("");
      for (const { text: one, as } of puts) {
        if (as === "text") text.putText(one);
        else if (as === "piece") put(text, pieces, pieces.add(one));
        else {
          word.quote(one);
          put(text, word);
        }
      }
      assertEquals(text.length, new TextEncoder().encode(expected).length);
      assertEquals(textOf(text), expected);
      assertEquals(text.length, 0);
    }),
    RUNS,
  );
});

Deno.test("BytePieces.add() keeps pieces while more come, and number 0 is empty", () => {
  const text = new ByteText(8);
  const pieces = new BytePieces();
  const names = Array.from({ length: 1000 }, (_, n) => `piece ${n}, `);
  const numbers = names.map((name) => pieces.add(name));
  for (const number of numbers) {
    put(text, pieces, number);
    put(text, pieces, 0);
  }
  assertEquals(textOf(text), names.join(""));
  assertEquals(pieces.longest, "piece 999, ".length);
});

Deno.test("eightBytes() has eight bytes of a text from a place on, zeros behind its end", () => {
  const bytes = new DataView(new ArrayBuffer(8));
  const shown = (text: string, at: number) => {
    bytes.setFloat64(0, eightBytes(text, at), true);
    return new TextDecoder().decode(bytes);
  };
  assertEquals(shown("0123456789", 1), "12345678");
  assertEquals(shown("0123456789", 6), "6789\0\0\0\0");
});
