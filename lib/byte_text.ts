/**
 * Text put together as UTF-8 bytes, for files of many megabytes: strings that are joined a piece at a time have to be walked
 * through and copied once more.
 *
 * Hot loops write the bytes themselves, into the room that they asked for, eight at a time as 64-bit floats, which takes a third
 * of the time of byte by byte: valid UTF-8 never holds the bytes of one that is no number, which a copy might change. What
 * is written beyond the end of the text is overwritten by what comes next.
 *
 * @module
 */

/** Bytes that are written at once: there is so much room behind each text. */
const STRIDE = 8;

/** From here on texts are encoded by the runtime; calling it takes as long as so many characters take here. */
const LONG = 256;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const encoder = new TextEncoder();

/** See the file's head. */
export class ByteText {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  /** Bytes so far; who writes into the room behind them says here where that ends. */
  length = 0;

  /** `bytes`: room to begin with; it grows when there is more. */
  constructor(bytes: number) {
    this.#bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** All bytes so far, which are overwritten by what comes next: the text is empty again. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }

  /** All of the text with room for so many bytes behind it, until more room is asked for. */
  room(bytes: number): DataView {
    if (this.length + bytes + STRIDE > this.#bytes.length) this.#grow(bytes);
    return this.#view;
  }

  /** Puts any text behind the text. */
  putText(text: string): void {
    this.room(3 * text.length);
    this.length = encode(text, this.#bytes, this.length);
  }

  #grow(more: number): void {
    this.#bytes = grown(this.#bytes, this.length + more + STRIDE);
    this.#view = new DataView(this.#bytes.buffer);
  }
}

/** A text that is made once and put many times: its number, 0 = the empty text. */
export type PieceId = number;

/** Pieces that are put into one or more texts. */
export class BytePieces {
  /** All pieces behind each other. */
  #bytes = new Uint8Array(1 << 12);
  view: DataView = new DataView(this.#bytes.buffer);
  /** By piece: where it begins; the one behind the last begins where that ends. */
  starts: Int32Array = new Int32Array(1 << 8);
  #count = 1;
  /** Bytes of the longest. */
  longest = 0;

  /** Keeps a text as a piece. */
  add(text: string): PieceId {
    const piece = this.#count++;
    const start = this.starts[piece]!;
    const most = start + 3 * text.length + STRIDE;
    if (most > this.#bytes.length) {
      this.#bytes = grown(this.#bytes, most);
      this.view = new DataView(this.#bytes.buffer);
    }
    const end = encode(text, this.#bytes, start);
    if (piece + 1 >= this.starts.length) {
      const starts = new Int32Array(2 * this.starts.length);
      starts.set(this.starts);
      this.starts = starts;
    }
    this.starts[piece + 1] = end;
    this.longest = Math.max(this.longest, end - start);
    return piece;
  }
}

/** Puts a piece at a place, where there must be room; returns where it ends. */
export function putPiece(view: DataView, at: number, pieces: BytePieces, piece: PieceId): number {
  const { starts } = pieces;
  const source = pieces.view;
  const start = starts[piece]!;
  const length = starts[piece + 1]! - start;
  for (let k = 0; k < length; k += STRIDE) {
    view.setFloat64(at + k, source.getFloat64(start + k, true), true);
  }
  return at + length;
}

/** A text in quotes that is put some times in a row, and then another one. */
export class ByteWord {
  #bytes = new Uint8Array(1 << 9);
  view: DataView = new DataView(this.#bytes.buffer);
  length = 0;

  /** What it is from now on, as `JSON.stringify` has it. */
  quote(text: string): void {
    const bytes = this.#bytes;
    let k = text.length + 2 + STRIDE > bytes.length ? Infinity : 0;
    bytes[0] = QUOTE;
    while (k < text.length) {
      const code = text.charCodeAt(k);
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) break;
      bytes[++k] = code;
    }
    if (k === text.length) {
      bytes[k + 1] = QUOTE;
      this.length = k + 2;
    } else this.#set(JSON.stringify(text));
  }

  #set(text: string): void {
    const most = 3 * text.length + STRIDE;
    if (most > this.#bytes.length) {
      this.#bytes = grown(this.#bytes, most);
      this.view = new DataView(this.#bytes.buffer);
    }
    this.length = encode(text, this.#bytes, 0);
  }
}

/** Puts a word at a place, where there must be room; returns where it ends. */
export function putWord(view: DataView, at: number, word: ByteWord): number {
  const { length } = word;
  const source = word.view;
  for (let k = 0; k < length; k += STRIDE) {
    view.setFloat64(at + k, source.getFloat64(k, true), true);
  }
  return at + length;
}

/** Eight bytes of an ASCII text from a place on as one number, to be put at once; zeros behind its end. */
export function eightBytes(text: string, at = 0): number {
  const view = new DataView(new ArrayBuffer(STRIDE));
  for (let k = 0; k < STRIDE && at + k < text.length; k++) {
    view.setUint8(k, text.charCodeAt(at + k));
  }
  return view.getFloat64(0, true);
}

/** Puts a text at a place, where there must be room; returns where it ends. */
function encode(text: string, bytes: Uint8Array, at: number): number {
  let k = text.length < LONG ? 0 : Infinity;
  while (k < text.length) {
    const code = text.charCodeAt(k);
    if (code > 0x7f) break;
    bytes[at + k++] = code;
  }
  return k === text.length ? at + k : at + encoder.encodeInto(text, bytes.subarray(at)).written;
}

/** Copied, not transferred: once anything is, V8 looks at each access to any array whether it still has its bytes. */
function grown(bytes: Uint8Array<ArrayBuffer>, least: number): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array(Math.max(least, 2 * bytes.length));
  more.set(bytes);
  return more;
}
