/**
 * A partition of a snapshot file, checked and added to the columns.
 *
 * @module
 */
import { followerCpu } from "./follower_load.ts";
import { JsonProblem } from "./json_bytes.ts";
import { amountAt, arrayAt, isAmount, objectAt, textAt, wholeAt } from "./json_values.ts";
import { CPU, DISK, NW_IN, NW_OUT, RESOURCE_COUNT } from "./metrics.ts";
import type { TopicColumns } from "./snapshot_columns.ts";

type Members = Readonly<Record<string, unknown>>;

/**
 * Adds a parsed partition. Throws {@link JsonProblem} whose path begins at the partition.
 *
 * @param share part of the file that has been read, 0 when it is not known
 */
export function addPartition(columns: TopicColumns, value: unknown, share: number): void {
  const members = objectAt(value, "");
  const ids = arrayAt(members["replicas"], "replicas");
  if (ids.length === 0) throw new JsonProblem("replicas", "must name at least one broker");
  columns.makeRoom(ids.length, share);
  const { partitions: partition, replicas: first } = columns;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i];
    columns.brokerIds[first + i] = isWhole(id) ? id : wholeAt(id, `replicas[${i}]`);
  }
  const number = wholeAt(members["id"], "id");
  columns.numbers[partition] = number;
  const isFirst = columns.partitionStart.at(-1) === partition;
  if (!isFirst && columns.numbers[partition - 1]! >= number) columns.isAscending = false;
  columns.leaderIds[partition] = wholeAt(members["leader"], "leader", -1);
  addLoads(columns, members);
  addRareMembers(columns, members, ids.length);
  columns.partitions = partition + 1;
  columns.replicas = first + ids.length;
  columns.replicaStart[columns.partitions] = columns.replicas;
}

/** Without the check of the path's text, which would be made for every replica. */
function isWhole(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && (value | 0) === value;
}

function addLoads(columns: TopicColumns, members: Members): void {
  const { leaderLoad, followerLoad } = columns;
  const at = columns.partitions * RESOURCE_COUNT;
  putLoad(members["load"], "load", { into: leaderLoad, at });
  const given = members["followerLoad"];
  if (given !== undefined) {
    putLoad(given, "followerLoad", { into: followerLoad, at });
    return;
  }
  const nwIn = leaderLoad[at + NW_IN]!;
  followerLoad[at + CPU] = followerCpu(nwIn, leaderLoad[at + NW_OUT]!, leaderLoad[at + CPU]!);
  followerLoad[at + NW_IN] = nwIn;
  followerLoad[at + NW_OUT] = 0;
  followerLoad[at + DISK] = leaderLoad[at + DISK]!;
}

function putLoad(
  value: unknown,
  member: string,
  options: { into: Float64Array | number[]; at: number },
): void {
  const { into, at } = options;
  const items = arrayAt(value, member);
  for (let i = 0; i < RESOURCE_COUNT; i++) {
    const item = items[i];
    into[at + i] = isAmount(item) ? item : amountAt(item, `${member}[${i}]`);
  }
  if (items.length > RESOURCE_COUNT) {
    throw new JsonProblem(member, `must have ${RESOURCE_COUNT} numbers: cpu, nwIn, nwOut, disk`);
  }
}

function addRareMembers(columns: TopicColumns, members: Members, replicas: number): void {
  const { logDirs, offline, replicaDiskMb, windows, followerCpu } = members;
  if (logDirs !== undefined) {
    for (const [i, item] of byReplica(logDirs, "logDirs", replicas).entries()) {
      const path = textAt(item, `logDirs[${i}]`);
      if (path !== "") columns.setDir(columns.replicas + i, path);
    }
  }
  if (offline !== undefined) {
    const ids = arrayAt(offline, "offline").map((id, i) => wholeAt(id, `offline[${i}]`));
    if (ids.length > 0) columns.offlineIds.set(columns.partitions, ids);
  }
  if (replicaDiskMb !== undefined) {
    for (const [i, mb] of byReplica(replicaDiskMb, "replicaDiskMb", replicas).entries()) {
      columns.setSize(columns.replicas + i, amountAt(mb, `replicaDiskMb[${i}]`));
    }
  }
  if (windows === undefined) {
    if (followerCpu === undefined) return;
    throw new JsonProblem("followerCpu", "must have windows beside it");
  }
  const given = followerCpu === undefined ? undefined : arrayAt(followerCpu, "followerCpu");
  addWindows(columns, arrayAt(windows, "windows"), {
    cpu: given,
    isDerived: members["followerLoad"] === undefined,
  });
}

/** One item a replica, or none at all. */
function byReplica(value: unknown, member: string, replicas: number): unknown[] {
  const items = arrayAt(value, member);
  if (items.length > 0 && items.length !== replicas) {
    throw new JsonProblem(
      member,
      `must have ${replicas} items, one a replica, got ${items.length}`,
    );
  }
  return items;
}

/** What a file says of the followers of a partition with windows. */
interface FollowersGiven {
  /** By window; undefined = not said. */
  readonly cpu: readonly unknown[] | undefined;
  /** Whether the file leaves out their load. */
  readonly isDerived: boolean;
}

function addWindows(
  columns: TopicColumns,
  windows: readonly unknown[],
  given: FollowersGiven,
): void {
  if (windows.length === 0) return;
  if (columns.windowCount > 0 && windows.length !== columns.windowCount) {
    const usual = `as many windows as the partitions before, ${columns.windowCount}`;
    throw new JsonProblem("windows", `must have ${usual}, got ${windows.length}`);
  }
  columns.windowCount = windows.length;
  const loads: number[] = [];
  for (let w = 0; w < windows.length; w++) {
    putLoad(windows[w], `windows[${w}]`, { into: loads, at: w * RESOURCE_COUNT });
  }
  columns.setWindows(loads, followerCpuOf(columns, loads, given));
}

/**
 * CPU of each follower by window: as given, the part of the leader's that `followerLoad` has, or derived from the
 * leader's load in each window. What stands for all windows is their mean then, too.
 */
function followerCpuOf(
  { leaderLoad, followerLoad, partitions }: TopicColumns,
  loads: readonly number[],
  given: FollowersGiven,
): readonly number[] {
  const count = loads.length / RESOURCE_COUNT;
  const at = partitions * RESOURCE_COUNT + CPU;
  const usual = leaderLoad[at]!;
  if (given.cpu !== undefined) {
    if (given.cpu.length !== count) {
      const wanted = `must have ${count} numbers, one a window, got ${given.cpu.length}`;
      throw new JsonProblem("followerCpu", wanted);
    }
    return given.cpu.map((cpu, w) => amountAt(cpu, `followerCpu[${w}]`));
  }
  const leaders = loads.filter((_, i) => i % RESOURCE_COUNT === CPU);
  if (!given.isDerived) {
    const share = usual > 0 ? followerLoad[at]! / usual : 0;
    return leaders.map((cpu) => cpu * share);
  }
  const followers = leaders.map((cpu, w) => {
    const from = w * RESOURCE_COUNT;
    return followerCpu(loads[from + NW_IN]!, loads[from + NW_OUT]!, cpu);
  });
  const sum = sumOf(leaders);
  if (sum > 0) followerLoad[at] = usual * sumOf(followers) / sum;
  return followers;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
