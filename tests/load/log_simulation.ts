/**
 * A partition's replicas as segment files, with what deletes from them: the truth that the estimator is held
 * against. Followers in sync hold what the leader holds, but clean and delete on their own.
 */
import type { Topology } from "../../model/topology.ts";
import { pollOf, topologyOf } from "./fixture.ts";

interface Segment {
  readonly firstOffset: number;
  records: number;
  bytes: number;
}

/** One partition. */
export class PartitionSimulation {
  readonly brokers: readonly number[];
  #leader: number;
  #epoch = 1;
  #end = 0;
  #bytesAppended = 0;
  readonly #logs: Map<number, Segment[]>;

  constructor(brokers: readonly number[]) {
    this.brokers = brokers;
    this.#leader = brokers[0]!;
    this.#logs = new Map(brokers.map((id) => [id, []]));
  }

  /** Bytes ever appended. */
  get bytesAppended(): number {
    return this.#bytesAppended;
  }

  /** Offset after the last record. */
  get end(): number {
    return this.#end;
  }

  /** Appends a segment's worth of records. */
  append(records: number, bytesEach: number): void {
    if (records === 0) return;
    this.#bytesAppended += records * bytesEach;
    for (const log of this.#logs.values()) {
      log.push({ firstOffset: this.#end, records, bytes: records * bytesEach });
    }
    this.#end += records;
  }

  /** Shrinks all closed segments of one replica to a share of their bytes; offsets stay. */
  compact(broker: number, share: number): void {
    const log = this.#logs.get(broker)!;
    for (const segment of log.slice(0, -1)) segment.bytes = Math.floor(segment.bytes * share);
  }

  /** Deletes the oldest segments of one replica until `keep` are left. */
  deleteOldest(broker: number, keep: number): void {
    const log = this.#logs.get(broker)!;
    log.splice(0, Math.max(0, log.length - keep));
  }

  /** Another replica leads; nothing is lost. */
  elect(broker: number): void {
    this.#leader = broker;
    this.#epoch++;
  }

  /** An unclean election: the newest segment is lost everywhere. */
  truncate(): void {
    this.#epoch++;
    for (const log of this.#logs.values()) {
      const last = log.at(-1);
      if (last !== undefined && last.firstOffset + last.records === this.#end) log.pop();
    }
    const ends = [...this.#logs.values()].map((log) => {
      const last = log.at(-1);
      return last === undefined ? 0 : last.firstOffset + last.records;
    });
    this.#end = Math.max(...ends, 0);
  }

  /** The metadata now. */
  topology(): Topology {
    const sketch = { replicas: this.brokers, leader: this.#leader, epoch: this.#epoch };
    return topologyOf({ t: [sketch] }, { generation: this.#epoch });
  }

  /** A poll of it; `silent` brokers tell nothing. */
  poll(atMs: number, silent: readonly number[] = []) {
    const leaderSilent = silent.includes(this.#leader);
    const bytes = this.brokers.map((id) => silent.includes(id) ? NaN : this.#size(id));
    return pollOf(this.topology(), {
      atMs,
      end: [leaderSilent ? NaN : this.#end],
      start: [leaderSilent ? NaN : this.#logs.get(this.#leader)![0]?.firstOffset ?? this.#end],
      bytes,
    });
  }

  #size(broker: number): number {
    return this.#logs.get(broker)!.reduce((sum, segment) => sum + segment.bytes, 0);
  }
}
