/**
 * Bodies of answers: small ones at once, large ones piece by piece, as fast as the client takes them.
 *
 * @module
 */

/** Characters that are encoded at once: a few milliseconds. */
const PIECE_CHARACTERS = 1 << 20;

/** Why a body breaks off. Without a stack: Deno prints what it gets, and the reason says it all. */
export function brokenOff(reason: string): Error {
  return Object.assign(new Error(reason), { stack: "" });
}

/** The same stream, which breaks off when the signal is aborted, for its reason. */
export function endedBy(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  return body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal });
}

/** UTF-8 of a text; a stream when it is long, whose length in bytes is then not known beforehand. */
export function bodyOf(text: string): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  if (text.length <= PIECE_CHARACTERS) return encoder.encode(text);
  let from = 0;
  return new ReadableStream({
    pull(controller) {
      const end = pieceEnd(text, from + PIECE_CHARACTERS);
      controller.enqueue(encoder.encode(text.slice(from, end)));
      from = end;
      if (from >= text.length) controller.close();
    },
  });
}

/** The two halves of a character beyond 16 bits stay together: alone they would be encoded as unknown ones. */
function pieceEnd(text: string, wanted: number): number {
  if (wanted >= text.length) return text.length;
  const last = text.charCodeAt(wanted - 1);
  return last >= 0xd800 && last < 0xdc00 ? wanted + 1 : wanted;
}
