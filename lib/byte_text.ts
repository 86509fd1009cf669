/**
 * Text put together as UTF-8 bytes, for files of many megabytes: strings that are joined a piece at a time have to be walked
 * through and copied once more. Texts that come back are kept as pieces.
 *
 * Pieces are copied eight bytes at a time, as 64-bit floats, which takes a third of the time of byte by byte: valid UTF-8 never holds
 * the bytes of one that is no number, which a copy might change. What is copied beyond the end of a piece is overwritten by what comes next.
 *
 * @module
 */

/** Bytes that are copied at once: there is so much room behind each text. */
const STRIDE = 8;

/** Room that a number takes at most. */
const NUMBER_BYTES = 32;

/** From here on texts are encoded by the runtime; calling it takes as long as so many characters take here. */
const LONG = 256;

/** Whole numbers that are put together from thousands, and numbers with digits behind the point. */
const WHOLE_END = 1_000_000_000;
const FRACTION_END = 1_000_000;

const encoder = new TextEncoder();
const ZERO = 0x30;

/** A text that is made once and put many times: its number, 0 = the empty text. */
export type PieceId = number;

/** See the file's head. */
export class ByteText {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;
  /** All pieces behind each other, and where each begins; the one behind the last begins where that ends. */
  #pool = new Uint8Array(1 << 12);
  #pieces = new DataView(this.#pool.buffer);
  readonly #starts: number[] = [0, 0];

  /** `bytes`: room to begin with; it grows when there is more. */
  constructor(bytes: number) {
    this.#bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** All bytes so far, which are overwritten by what comes next: the text is empty again. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }

  /** Keeps a text as a piece. */
  pieceOf(text: string): PieceId {
    const start = this.#starts.at(-1)!;
    const most = start + 3 * text.length + STRIDE;
    if (most > this.#pool.length) {
      this.#pool = grown(this.#pool, most);
      this.#pieces = new DataView(this.#pool.buffer);
    }
    const { written } = encoder.encodeInto(text, this.#pool.subarray(start));
    return this.#starts.push(start + written) - 2;
  }

  /** Puts a piece behind the text. */
  putPiece(piece: PieceId): void {
    const pieces = this.#pieces;
    const end = this.#starts[piece + 1]!;
    let k = this.#starts[piece]!;
    let at = this.#length;
    this.#length = at + end - k;
    if (this.#length + STRIDE > this.#bytes.length) this.#grow(this.#length + STRIDE);
    const view = this.#view;
    for (; k < end; k += STRIDE, at += STRIDE) {
      view.setFloat64(at, pieces.getFloat64(k, true), true);
    }
  }

  /** Puts any text behind the text. */
  putText(text: string): void {
    const start = this.#length;
    if (start + 3 * text.length > this.#bytes.length) this.#grow(start + 3 * text.length);
    const bytes = this.#bytes;
    let k = text.length < LONG ? 0 : Infinity;
    while (k < text.length) {
      const code = text.charCodeAt(k);
      if (code > 0x7f) break;
      bytes[start + k++] = code;
    }
    const isAscii = k === text.length;
    this.#length = start + (isAscii ? k : encoder.encodeInto(text, bytes.subarray(start)).written);
  }

  /**
   * Puts a number with three digits behind the point at most, as `String` has it, and a byte of ASCII that follows, such as a
   * comma; 0 = none follows.
   */
  putNumber(value: number, next: number): void {
    const whole = value | 0;
    if (!(value >= 0 && value < WHOLE_END) || (whole !== value && value >= FRACTION_END)) {
      return this.putText(next === 0 ? String(value) : String(value) + String.fromCharCode(next));
    }
    const at = this.#length;
    if (at + NUMBER_BYTES > this.#bytes.length) this.#grow(at + NUMBER_BYTES);
    const view = this.#view;
    let end = at;
    if (whole < 1000) end = putFirst(view, at, whole);
    else {
      const thousands = (whole / 1000) | 0;
      if (thousands < 1000) end = putFirst(view, at, thousands);
      else {
        const millions = (thousands / 1000) | 0;
        end = putFirst(view, at, millions);
        view.setInt32(end, BEHIND[thousands - 1000 * millions]!, true);
        end += 3;
      }
      view.setInt32(end, BEHIND[whole - 1000 * thousands]!, true);
      end += 3;
    }
    if (whole !== value) {
      const parts = Math.round((value - whole) * 1000);
      view.setInt32(end, (BEHIND[parts]! << 8) | POINT, true);
      end += parts % 10 > 0 ? 4 : parts % 100 > 0 ? 3 : 2;
    }
    if (next !== 0) view.setInt8(end++, next);
    this.#length = end;
  }

  #grow(least: number): void {
    this.#bytes = grown(this.#bytes, least);
    this.#view = new DataView(this.#bytes.buffer);
  }
}

const POINT = 0x2e;

/** "000" to "999" as three bytes each, the first the lowest: what follows the thousands. */
const BEHIND = Int32Array.from(
  { length: 1000 },
  (_, n) => (ZERO + n / 100 | 0) | (ZERO + n / 10 % 10 | 0) << 8 | (ZERO + n % 10) << 16,
);

/** Puts a number below 1000 without zeros before it; returns where it ends. */
function putFirst(view: DataView, at: number, value: number): number {
  const zeros = value < 10 ? 2 : value < 100 ? 1 : 0;
  view.setInt32(at, BEHIND[value]! >> (8 * zeros), true);
  return at + 3 - zeros;
}

/** Copied, not transferred: once anything is, V8 looks at each access to any array whether it still has its bytes. */
function grown(bytes: Uint8Array<ArrayBuffer>, least: number): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array(Math.max(least, 2 * bytes.length));
  more.set(bytes);
  return more;
}
