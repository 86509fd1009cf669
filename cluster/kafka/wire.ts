/**
 * Kafka's wire format: numbers big-endian; "compact" strings and arrays carry their length plus one as a varint, 0 for
 * null; every struct of a flexible version ends with tagged fields. Layouts: Apache Kafka protocol guide, KIP-482.
 *
 * A reader never trusts a length: it checks it against the bytes that are there before it allocates or moves.
 *
 * @module
 */

/** An answer that does not follow the format. Caught in `decodeAnswer` of api.ts, nowhere else. */
export class WireError extends Error {
  override name = "WireError";
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes a request body. */
export class WireWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #size = 0;

  /** What was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#size);
  }

  int8(value: number): void {
    const at = this.#grow(1);
    this.#view.setInt8(at, value);
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0);
  }

  int16(value: number): void {
    const at = this.#grow(2);
    this.#view.setInt16(at, value);
  }

  int32(value: number): void {
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
  }

  /** An integer that a double holds exactly. */
  int64(value: number): void {
    const at = this.#grow(8);
    this.#view.setBigInt64(at, BigInt(value));
  }

  /** Unsigned varint of at most 32 bits. */
  uvarint(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      const at = this.#grow(1);
      this.#view.setUint8(at, (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    const at = this.#grow(1);
    this.#view.setUint8(at, rest);
  }

  /** Sixteen zero bytes: Kafka's "no id". */
  zeroUuid(): void {
    this.#grow(16);
  }

  compactString(text: string | null): void {
    if (text === null) return this.uvarint(0);
    const bytes = encoder.encode(text);
    this.uvarint(bytes.length + 1);
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** The items of a compact array, written one by one by `write`; null has a representation of its own. */
  compactArray<T>(items: readonly T[] | null, write: (item: T) => void): void {
    if (items === null) return this.uvarint(0);
    this.uvarint(items.length + 1);
    for (const item of items) write(item);
  }

  /** Numbers as a compact array of int32. */
  compactInt32s(items: readonly number[] | null): void {
    this.compactArray(items, (item) => this.int32(item));
  }

  /** The end of a struct: no tagged fields. */
  noTags(): void {
    this.uvarint(0);
  }

  /** Makes room and returns where it begins. Call it before touching the buffers: it may replace them. */
  #grow(count: number): number {
    const at = this.#size;
    this.#size += count;
    if (this.#size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#size, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Reads an answer. Every method throws {@link WireError} when the bytes do not follow the format. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not yet read. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  int8(): number {
    return this.#view.getInt8(this.#take(1, "int8"));
  }

  bool(): boolean {
    return this.int8() !== 0;
  }

  int16(): number {
    return this.#view.getInt16(this.#take(2, "int16"));
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4, "int32"));
  }

  /** An int64 as a double: exact up to 2^53, which offsets and sizes stay below. */
  int64(): number {
    const at = this.#take(8, "int64");
    return this.#view.getInt32(at) * 4294967296 + this.#view.getUint32(at + 4);
  }

  /** Unsigned varint of at most 32 bits. */
  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#view.getUint8(this.#take(1, "varint"));
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffffffff) throw new WireError("a varint exceeds 32 bits");
        return value;
      }
    }
    throw new WireError("a varint does not end");
  }

  /** Sixteen bytes as Kafka prints ids: base64 for URLs without padding; "" for the zero id. */
  uuid(): string {
    const at = this.#take(16, "uuid");
    const bytes = this.#bytes.subarray(at, at + 16);
    if (bytes.every((byte) => byte === 0)) return "";
    return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_")
      .replace(/=+$/, "");
  }

  compactStringOrNull(): string | null {
    const length = this.uvarint() - 1;
    if (length < 0) return null;
    const at = this.#take(length, "string");
    return decoder.decode(this.#bytes.subarray(at, at + length));
  }

  compactString(): string {
    const text = this.compactStringOrNull();
    if (text === null) throw new WireError("a text that must be there is null");
    return text;
  }

  /**
   * The number of items of a compact array, -1 for null. `itemBytes` is the least that an item takes, so that no loop
   * or allocation follows a length that the answer cannot hold.
   */
  compactCountOrNull(itemBytes: number): number {
    const count = this.uvarint() - 1;
    if (count * itemBytes > this.remaining) {
      throw new WireError(`an array claims ${count} items, ${this.remaining} bytes are left`);
    }
    return count;
  }

  /** As {@link compactCountOrNull}, with null as an error. */
  compactCount(itemBytes: number): number {
    const count = this.compactCountOrNull(itemBytes);
    if (count < 0) throw new WireError("an array that must be there is null");
    return count;
  }

  /** A compact array of structs. */
  compactArray<T>(itemBytes: number, read: () => T): T[] {
    const items: T[] = [];
    for (let left = this.compactCount(itemBytes); left > 0; left--) items.push(read());
    return items;
  }

  /** A compact array of int32. */
  compactInt32s(): number[] {
    const count = this.compactCount(4);
    const items = new Array<number>(count);
    for (let i = 0; i < count; i++) items[i] = this.int32();
    return items;
  }

  /** Moves past bytes that are not wanted. */
  skip(count: number): void {
    this.#take(count, "skipped field");
  }

  /** Moves past a text that is not wanted. */
  skipCompactString(): void {
    const length = this.uvarint() - 1;
    if (length > 0) this.#take(length, "string");
  }

  /** Moves past the tagged fields that end a struct. */
  tags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint();
      this.#take(this.uvarint(), "tagged field");
    }
  }

  /** Checks that the answer was read to its last byte: this catches a wrong layout at once. */
  end(): void {
    if (this.remaining !== 0) throw new WireError(`${this.remaining} bytes are left over`);
  }

  #take(count: number, what: string): number {
    if (count > this.remaining) {
      throw new WireError(`${what} takes ${count} bytes, ${this.remaining} are left`);
    }
    const at = this.#at;
    this.#at += count;
    return at;
  }
}
