/**
 * What proposals say, as columns that only grow: plans that go on from each other say nearly all of it again, so they share one store
 * and each keeps only the rows that it speaks of.
 *
 * ```
 * column         type          length  index      value
 * sizeMb         Float64Array  n       row        as in the proposal
 * replicaStart   Int32Array    n + 1   row        first of its replicas
 * moveStart      Int32Array    n + 1   row        first of its moves
 * broker         Int32Array    r       replica    broker in the wanted order
 * logDir         Int32Array    r or 0  replica    its log dir, -1 = not spoken of; empty where none ever was
 * from, to       Int32Array    m       move       broker left and entered
 * phrase         Int32Array    m       move       index into the phrases
 * amount         Float32Array  m       move       number in the sentence, where the phrase has one
 * figures        Float64Array  4 m     move       rounded, as in the proposal; nothing where the phrase has no metric
 * ```
 *
 * Columns are longer than that: there is room behind what is used.
 *
 * @module
 */
import type { Metric } from "../../model/proposal.ts";

/** See the file's head. */
export interface StoreColumns {
  sizeMb: Float64Array;
  replicaStart: Int32Array;
  moveStart: Int32Array;
  broker: Int32Array;
  logDir: Int32Array;
  from: Int32Array;
  to: Int32Array;
  phrase: Int32Array;
  amount: Float32Array;
  figures: Float64Array;
}

/** All of a reason but brokers and numbers, which many moves share. */
export interface Phrase {
  /** "" for none. */
  readonly goal: string;
  readonly metric: Metric | undefined;
  /** The sentence, or what is before its number when there is an `end`. */
  readonly begin: string;
  readonly end: string | undefined;
}

/** What a move is put with; figures follow. */
export interface StoredMove {
  readonly from: number;
  readonly to: number;
  readonly phrase: number;
  readonly amount: number;
}

/** For how much a store has room before its columns are made longer. */
export interface Room {
  readonly proposals: number;
  readonly replicas: number;
  readonly moves: number;
}

/** A store has more rows than are spoken of, by this part of those, before it is made anew. */
const IDLE_PART = 0.5;
/** How much longer columns get that are full. */
const GROWTH = 1.5;
const LEAST_MORE = 16;
/** Room behind a store that is made anew, as a part of what is spoken of: as much as it takes until the next time. */
const SPARE_PART = IDLE_PART + 0.1;
/** Rows copied between two steps. */
const ROWS_A_STEP = 20_000;

/** See the file's head. Rows that are there never change. */
export class ProposalStore {
  readonly columns: StoreColumns;
  readonly phrases: Phrase[] = [];
  readonly #known = new Map<string, number>();
  #rows = 0;
  #replicas = 0;
  #moves = 0;

  constructor({ proposals, replicas, moves }: Room) {
    this.columns = {
      sizeMb: new Float64Array(proposals),
      replicaStart: new Int32Array(proposals + 1),
      moveStart: new Int32Array(proposals + 1),
      broker: new Int32Array(replicas),
      logDir: new Int32Array(0),
      from: new Int32Array(moves),
      to: new Int32Array(moves),
      phrase: new Int32Array(moves),
      amount: new Float32Array(moves),
      figures: new Float64Array(4 * moves),
    };
  }

  /** Rows so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Begins a row: its replicas and moves follow, before anybody else begins one. Returns its index. */
  begin(sizeMb: number): number {
    const { columns } = this;
    const row = this.#rows++;
    if (row === columns.sizeMb.length) this.#lengthenRows();
    columns.sizeMb[row] = sizeMb;
    columns.replicaStart[row + 1] = this.#replicas;
    columns.moveStart[row + 1] = this.#moves;
    return row;
  }

  /** The next replica of the latest row. */
  putReplica(broker: number, logDir: number): void {
    const { columns } = this;
    const i = this.#replicas++;
    if (i === columns.broker.length) this.#lengthenReplicas();
    columns.broker[i] = broker;
    if (logDir >= 0 && columns.logDir.length === 0) {
      columns.logDir = new Int32Array(columns.broker.length).fill(-1);
    }
    if (columns.logDir.length > 0) columns.logDir[i] = logDir;
    columns.replicaStart[this.#rows] = this.#replicas;
  }

  /** The next move of the latest row. */
  putMove({ from, to, phrase, amount }: StoredMove): void {
    const { columns } = this;
    const i = this.#moves++;
    if (i === columns.from.length) this.#lengthenMoves();
    columns.from[i] = from;
    columns.to[i] = to;
    columns.phrase[i] = phrase;
    columns.amount[i] = amount;
    columns.moveStart[this.#rows] = this.#moves;
  }

  /** A figure of the latest move, 0..3. */
  putFigure(index: number, value: number): void {
    this.columns.figures[4 * (this.#moves - 1) + index] = value;
  }

  /** A row that says the same with another size. */
  putResized(row: number, sizeMb: number): number {
    return this.#putCopy(this, row, sizeMb);
  }

  /** Adds a phrase that is not there yet; returns its index. */
  addPhrase(phrase: Phrase): number {
    return this.phrases.push(phrase) - 1;
  }

  /** The index of a phrase, which may be there already. */
  phraseOf(phrase: Phrase): number {
    const key = keyOf(phrase);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const added = this.addPhrase(phrase);
    this.#known.set(key, added);
    return added;
  }

  /** Whether so few of its rows are spoken of that it should be made anew; see {@link storeAnew}. */
  isIdle(spoken: number): boolean {
    return this.#rows - spoken > spoken * IDLE_PART;
  }

  /** Room for so many of its rows and as many more as come until it is made anew again. */
  roomFor(rows: Int32Array): Room {
    const { replicaStart, moveStart } = this.columns;
    let [replicas, moves] = [0, 0];
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k]!;
      replicas += replicaStart[row + 1]! - replicaStart[row]!;
      moves += moveStart[row + 1]! - moveStart[row]!;
    }
    const withSpare = (count: number) => Math.ceil(count * (1 + SPARE_PART));
    return {
      proposals: withSpare(rows.length),
      replicas: withSpare(replicas),
      moves: withSpare(moves),
    };
  }

  /** Puts rows `[from, to)` of a list of another store's. */
  putAllOf(other: ProposalStore, rows: Int32Array, from: number, to: number): void {
    for (let k = from; k < to; k++) {
      this.#putCopy(other, rows[k]!, other.columns.sizeMb[rows[k]!]!);
    }
  }

  /** A row of this or another store with the same phrases by the same indices. */
  #putCopy({ columns: source }: ProposalStore, row: number, sizeMb: number): number {
    const made = this.begin(sizeMb);
    for (let i = source.replicaStart[row]!; i < source.replicaStart[row + 1]!; i++) {
      this.putReplica(source.broker[i]!, source.logDir.length > 0 ? source.logDir[i]! : -1);
    }
    for (let i = source.moveStart[row]!; i < source.moveStart[row + 1]!; i++) {
      this.putMove({
        from: source.from[i]!,
        to: source.to[i]!,
        phrase: source.phrase[i]!,
        amount: source.amount[i]!,
      });
      for (let k = 0; k < 4; k++) this.putFigure(k, source.figures[4 * i + k]!);
    }
    return made;
  }

  /** Phrases are those of another store, without what no move here speaks. */
  takePhrases(phrases: readonly Phrase[]): void {
    const numbers = new Int32Array(phrases.length).fill(-1);
    const { phrase } = this.columns;
    for (let i = 0; i < this.#moves; i++) {
      const index = phrase[i]!;
      if (numbers[index] === -1) numbers[index] = this.phraseOf(phrases[index]!);
      phrase[i] = numbers[index]!;
    }
  }

  #lengthenRows(): void {
    const { columns } = this;
    const length = longerThan(columns.sizeMb.length);
    columns.sizeMb = lengthened(columns.sizeMb, length);
    columns.replicaStart = lengthened(columns.replicaStart, length + 1);
    columns.moveStart = lengthened(columns.moveStart, length + 1);
  }

  #lengthenReplicas(): void {
    const { columns } = this;
    const length = longerThan(columns.broker.length);
    columns.broker = lengthened(columns.broker, length);
    if (columns.logDir.length > 0) columns.logDir = lengthened(columns.logDir, length);
  }

  #lengthenMoves(): void {
    const { columns } = this;
    const length = longerThan(columns.from.length);
    columns.from = lengthened(columns.from, length);
    columns.to = lengthened(columns.to, length);
    columns.phrase = lengthened(columns.phrase, length);
    columns.amount = lengthened(columns.amount, length);
    columns.figures = lengthened(columns.figures, 4 * length);
  }
}

/** A store of what these rows of another say, with as few phrases as that takes, in steps; they are 0, 1, ... in it. */
export function* storeAnew(
  store: ProposalStore,
  rows: Int32Array,
): Generator<void, ProposalStore, void> {
  const made = new ProposalStore(store.roomFor(rows));
  for (let from = 0; from < rows.length; from += ROWS_A_STEP) {
    made.putAllOf(store, rows, from, Math.min(from + ROWS_A_STEP, rows.length));
    yield;
  }
  made.takePhrases(store.phrases);
  return made;
}

function keyOf({ goal, metric, begin, end }: Phrase): string {
  return `${goal}\n${metric}\n${begin}\n${end}`;
}

function longerThan(length: number): number {
  return Math.ceil(length * GROWTH) + LEAST_MORE;
}

/** A copy of that length. */
function lengthened<T extends Int32Array | Float32Array | Float64Array>(
  column: T,
  length: number,
): T {
  const made = new (column.constructor as new (length: number) => T)(length);
  made.set(column);
  return made;
}
