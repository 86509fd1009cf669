/**
 * The text of a snapshot, read piece by piece as it arrives: members in any order, topics straight into columns, so that
 * neither the text nor its values are held as a whole.
 *
 * @module
 */
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  flatArrayIn,
  itemsIn,
  joined,
  JsonProblem,
  type JsonText,
  memberIn,
  OPEN_ARRAY,
  OPEN_OBJECT,
  skipSpace,
  unexpected,
  valueEnd,
  valueIn,
} from "./json_bytes.ts";
import { textAt, wrong } from "./json_values.ts";
import { TopicColumns } from "./snapshot_columns.ts";
import { addPartition } from "./snapshot_partition.ts";
import { READ_AHEAD, readWritten, rehearse } from "./snapshot_written.ts";

/** Bytes for which there is room at first: a piece and the rest of the one before. */
const FIRST_BYTES = 2 ** 19;
/** Most partitions that are parsed at once where the layout is not ours. */
const BATCH_MAX = 256;
/** What some writers put in front of a text, although JSON does not allow it. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** What the reader is in the middle of. */
type Level = "start" | "file" | "topics" | "topic" | "partitions" | "end";

/** For each level: the one around it, its closing bracket, and what is wanted when the text ends within. */
const LEVELS: Readonly<Record<Level, { outer: Level; close: number; wanted: string }>> = {
  start: { outer: "end", close: -1, wanted: "an object" },
  file: { outer: "end", close: CLOSE_OBJECT, wanted: ", or } and what follows" },
  topics: { outer: "file", close: CLOSE_ARRAY, wanted: ", or ] and what follows" },
  topic: { outer: "topics", close: CLOSE_OBJECT, wanted: ", or } and what follows" },
  partitions: { outer: "topic", close: CLOSE_ARRAY, wanted: ", or ] and what follows" },
  end: { outer: "end", close: -1, wanted: "the end of the text" },
};

/** Members of the file that are kept, as they were parsed. */
export interface FileMembers {
  version?: unknown;
  brokers?: unknown;
  unknownResources?: unknown;
}

/** Takes the bytes of a file and fills columns with its topics. */
export class SnapshotText {
  readonly columns = new TopicColumns();
  readonly members: FileMembers = {};
  hasTopics = false;

  /** The bytes that are not read yet: `[#at..#end)`. The byte behind them is 0, and {@link READ_AHEAD} more are there. */
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  #end = 0;
  /** Byte of the file that is the first of {@link #bytes}, and bytes of all of it, 0 when not known. */
  #before = 0;
  readonly #size: number;
  /** A value was not whole; it is tried again when there are as many bytes again, so that it is not scanned too often. */
  #enough = 0;

  #level: Level = "start";
  /** Whether an item may come, must come (behind a comma), or a comma or the end. */
  #expects: "first" | "item" | "comma" = "first";
  /** Member whose value is being read. */
  #member = "";
  #hasPartitions = false;
  /** Byte of the file at which the topics begin. */
  #topicsFrom = 0;
  #batch = 1;

  /** @param size bytes of the whole file, 0 when not known */
  constructor(size: number) {
    this.#size = size;
    rehearse(this.columns);
  }

  /** Room for as many bytes of the file or more, behind those that were taken. */
  room(wanted: number): Uint8Array {
    const left = this.#end - this.#at;
    this.#bytes.copyWithin(0, this.#at, this.#end);
    this.#before += this.#at;
    this.#at = 0;
    this.#end = left;
    const least = left + wanted + READ_AHEAD;
    if (least > this.#bytes.length) {
      this.#bytes = new Uint8Array(this.#bytes.buffer.transfer(2 * least));
      this.#view = new DataView(this.#bytes.buffer);
    }
    return this.#bytes.subarray(left);
  }

  /** Reads that many bytes, which were put into the room. Throws {@link JsonProblem}. */
  take(count: number): void {
    this.#end += count;
    this.#bytes[this.#end] = 0;
    if (this.#end - this.#at >= this.#enough) this.#read();
  }

  /** Reads a piece of the file. Throws {@link JsonProblem}. */
  add(piece: Uint8Array): void {
    this.room(piece.length).set(piece);
    this.take(piece.length);
  }

  /** Reads what is left. Throws {@link JsonProblem} when the text is not whole. */
  finish(): void {
    this.#read();
    if (this.#level === "end") return;
    throw this.#placed(this.#unexpected(this.#end));
  }

  #read(): void {
    try {
      while (this.#step());
      this.#enough = 2 * (this.#end - this.#at);
    } catch (error) {
      throw error instanceof JsonProblem ? this.#placed(error) : error;
    }
  }

  /** Reads the next item, comma or bracket. False when it is not whole. */
  #step(): boolean {
    const at = this.#at = skipSpace(this.#bytes, this.#at, this.#end);
    if (at >= this.#end) return false;
    const byte = this.#bytes[at];
    this.#member = "";
    if (this.#expects !== "item" && byte === LEVELS[this.#level].close) return this.#leave();
    if (this.#expects === "comma") {
      if (byte !== COMMA || this.#level === "end") throw this.#unexpected(at);
      this.#at++;
      this.#expects = "item";
      return true;
    }
    switch (this.#level) {
      case "start":
        return this.#start();
      case "topics":
        if (byte !== OPEN_OBJECT) throw this.#unexpected(at, "an object");
        this.columns.beginTopic();
        return this.#enter("topic", at);
      case "partitions":
        return this.#readPartitions();
      default:
        return this.#readMember();
    }
  }

  #enter(level: Level, at: number): boolean {
    this.#level = level;
    this.#expects = "first";
    this.#at = at + 1;
    return true;
  }

  #leave(): boolean {
    if (this.#level === "topic") this.#endTopic();
    this.#level = LEVELS[this.#level].outer;
    this.#expects = "comma";
    this.#at++;
    return true;
  }

  #start(): boolean {
    const at = this.#at;
    if (this.#before + at === 0 && this.#bytes[at] === BYTE_ORDER_MARK[0]) {
      if (at + BYTE_ORDER_MARK.length > this.#end) return false;
      if (BYTE_ORDER_MARK.every((byte, i) => this.#bytes[at + i] === byte)) {
        this.#at += BYTE_ORDER_MARK.length;
        return true;
      }
    }
    if (this.#bytes[at] !== OPEN_OBJECT) throw this.#unexpected(at);
    return this.#enter("file", at);
  }

  #readMember(): boolean {
    const bytes = this.#bytes;
    const found = memberIn(bytes, this.#at, this.#text());
    if (found === undefined) return false;
    const { name, valueAt } = found;
    this.#member = name;
    const inner = this.#level === "file" ? "topics" : "partitions";
    if (name === inner) return this.#enterList(inner, valueAt);
    const flat = flatArrayIn(bytes, valueAt, this.#end);
    const to = flat?.to ?? valueEnd(bytes, valueAt, this.#end);
    if (to < 0) return false;
    this.#keep(name, flat?.items ?? valueIn(bytes, valueAt, { ...this.#text(), to }));
    this.#at = to;
    this.#expects = "comma";
    return true;
  }

  #enterList(level: "topics" | "partitions", at: number): boolean {
    const isRepeated = level === "topics" ? this.hasTopics : this.#hasPartitions;
    if (isRepeated) throw new JsonProblem("", "must not be given twice");
    if (this.#bytes[at] !== OPEN_ARRAY) throw this.#unexpected(at, "an array");
    if (level === "topics") {
      this.hasTopics = true;
      this.#topicsFrom = this.#before + at;
    } else this.#hasPartitions = true;
    return this.#enter(level, at);
  }

  /** Keeps a member of the file or of a topic. */
  #keep(name: string, value: unknown): void {
    if (this.#level === "topic") {
      if (name !== "name") return;
      const { topicNames, partitionStart } = this.columns;
      topicNames[partitionStart.length - 1] = textAt(value, "");
    } else if (name === "version" || name === "brokers" || name === "unknownResources") {
      this.members[name] = value;
    } else if (name === "proposals") throw new JsonProblem("", "belongs to a plan, not a snapshot");
  }

  #endTopic(): void {
    const { topicNames, partitionStart } = this.columns;
    const name = topicNames[partitionStart.length - 1];
    if (name === undefined || name === "") throw wrong("name", "the topic's name", undefined);
    if (!this.#hasPartitions) throw wrong("partitions", "an array", undefined);
    this.#hasPartitions = false;
  }

  #readPartitions(): boolean {
    const { columns } = this;
    columns.makeRoom(1, this.#share());
    const at = readWritten(this.#view, this.#at, columns);
    // Not in the loop above: code compiled for it before its first end would be thrown away there.
    columns.flushNames();
    if (at === this.#at) return this.#readBatch();
    this.#at = at;
    this.#expects = "comma";
    this.#batch = 1;
    return true;
  }

  /**
   * Reads partitions of any layout, twice as many each time that no other comes between: a single one may differ from
   * ours, or all.
   */
  #readBatch(): boolean {
    const ends = this.#partitionEnds();
    if (ends.length === 0) return false;
    const items = itemsIn(this.#bytes, this.#at, ends[ends.length - 1]!);
    for (const [i, to] of ends.entries()) {
      // Read one by one, those before a mistake are passed, so that it is placed.
      const item = items === undefined ? this.#itemUpTo(to) : items[i];
      addPartition(this.columns, item, this.#share());
      this.#at = to;
    }
    this.#expects = "comma";
    this.#batch = Math.min(2 * this.#batch, BATCH_MAX);
    return true;
  }

  /** Where each of the next partitions ends, as far as they are whole. */
  #partitionEnds(): number[] {
    const bytes = this.#bytes;
    const ends: number[] = [];
    let at = this.#at;
    if (bytes[at] !== OPEN_OBJECT) throw this.#unexpected(at, "an object");
    // Found without a loop of ours: that most pieces end within a partition.
    if (bytes.lastIndexOf(CLOSE_OBJECT, this.#end - 1) < at) return ends;
    while (ends.length < this.#batch && bytes[at] === OPEN_OBJECT) {
      const to = valueEnd(bytes, at, this.#end);
      if (to < 0) break;
      ends.push(to);
      at = skipSpace(bytes, to, this.#end);
      if (bytes[at] !== COMMA) break;
      at = skipSpace(bytes, at + 1, this.#end);
    }
    return ends;
  }

  #itemUpTo(to: number): unknown {
    let at = skipSpace(this.#bytes, this.#at, this.#end);
    if (this.#bytes[at] === COMMA) at = skipSpace(this.#bytes, at + 1, this.#end);
    return valueIn(this.#bytes, at, { ...this.#text(), to });
  }

  /** Part of the text of topics that has been read, 0 when that is not known. */
  #share(): number {
    const from = this.#topicsFrom;
    return this.#size > 0 ? (this.#before + this.#at - from) / (this.#size - from) : 0;
  }

  #text(): JsonText {
    return { end: this.#end, before: this.#before };
  }

  #unexpected(at: number, wanted: string = LEVELS[this.#level].wanted): JsonProblem {
    return unexpected(this.#bytes, at, { ...this.#text(), wanted });
  }

  /** The problem with the path of where the reader is in front of its own. */
  #placed({ path, problem }: JsonProblem): JsonProblem {
    return new JsonProblem(joined(this.#path(), path), problem);
  }

  #path(): string {
    const { partitionStart, partitions } = this.columns;
    const isItem = this.#expects !== "comma";
    const topic = partitionStart.length - 1;
    switch (this.#level) {
      case "topics":
        return isItem ? `topics[${topic + 1}]` : "topics";
      case "topic":
        return `topics[${topic}]${this.#member === "" ? "" : `.${this.#member}`}`;
      case "partitions": {
        const item = isItem ? `[${partitions - partitionStart[topic]!}]` : "";
        return `topics[${topic}].partitions${item}`;
      }
      default:
        return this.#member;
    }
  }
}
