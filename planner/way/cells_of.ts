/**
 * The cells that a plan's proposals change, by what limits them.
 *
 * @module
 */
import { dirCapacityLimits, INTRA_BROKER_GOALS } from "../../goals/intra_broker_disk.ts";
import type { LogDirState } from "../../goals/log_dir_state.ts";
import { resourceOfAxis } from "../../goals/axis_goal.ts";
import { sharedHosts } from "../../goals/host_capacity.ts";
import {
  ALIVE,
  AXIS_COUNT,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  type ClusterModel,
} from "../../model/cluster_model.ts";
import { followingLoad, leadingLoad, replicaMb } from "../../model/replica_axes.ts";
import { RESOURCE_COUNT } from "../../model/metrics.ts";
import type { Search } from "../search/state.ts";
import { Cells, type Outside } from "./cells.ts";

/** Cells of one kind, and how a proposal changes them. */
export interface CellRow {
  readonly cells: Outside;
  /** Part of the whole that one unit is. */
  readonly weight: number;
  /** Carries a proposal out, or takes it back with `sign` -1. */
  add(p: number, sign: number): void;
  /** Whether a proposal changes a cell that any order may bring outside its limits: the others need not be right on the way. O(RF). */
  holds(p: number): boolean;
}

/** Amounts of floats that differ by this part of what they are compared with are the same. */
const ROUNDING = 1e-9;

/** Rows for what the goals speak of; the model is in the state of the plan. O(T x B + changes). */
export function cellRows(search: Search): CellRow[] {
  return [leaderRow(search), dirRow(search), hostRow(search), windowRow(search)].filter((row) =>
    row !== undefined
  );
}

/** Leaders of a topic on a broker, where topics must have some everywhere. */
function leaderRow({ model, goals }: Search): CellRow | undefined {
  const least = goals.find((goal) => goal.idle !== true && goal.topicLeaders !== undefined)
    ?.topicLeaders;
  if (least === undefined) return undefined;
  const { brokerCount, home, broker, homeLeader, leader, leaderRow, topic } = model;
  const lower = new Int32Array(model.topicLeaders.length);
  for (let t = 0; t < model.topicCount; t++) {
    const row = leaderRow[t]! * brokerCount;
    for (let b = 0; b < brokerCount && row >= 0; b++) lower[row + b] = least(t, b);
  }
  const cells = new Cells({
    now: model.topicLeaders.slice(),
    end: model.topicLeaders,
    upper: () => Infinity,
    lower: (cell) => lower[cell]!,
    slack: () => 0,
  });
  return {
    cells,
    weight: 1 / Math.max(1, model.partitionCount),
    add(p, sign) {
      const row = leaderRow[topic[p]!]! * brokerCount;
      const from = home[homeLeader[p]!]!;
      const to = broker[leader[p]!]!;
      if (row < 0 || from === to) return;
      cells.add(row + from, -sign);
      cells.add(row + to, sign);
    },
    holds(p) {
      return leaderRow[topic[p]!]! >= 0 && home[homeLeader[p]!] !== broker[leader[p]!];
    },
  };
}

/** MB of a log dir, whatever goals are asked for; none where no order can bring too much to any, and no goal asks. */
function dirRow({ model, context, goals }: Search): CellRow | undefined {
  const { logDirs } = context;
  if (logDirs === undefined) return undefined;
  const { brokers, replicaLogDir } = model.input;
  const limits = dirCapacityLimits(context);
  const first: number[] = [];
  const end: number[] = [];
  const upper: number[] = [];
  for (const [b, broker] of brokers.entries()) {
    first.push(end.length);
    for (const [dir, { alive }] of broker.logDirs.entries()) {
      end.push(logDirs.used[b]![dir]!);
      upper.push(alive ? limits(b, dir).upper : Infinity);
    }
  }
  const total = end.reduce((sum, mb) => sum + mb, 0);
  const { home, broker, replicaStart } = model;
  const isAsked = goals.some(({ name }) => name === INTRA_BROKER_GOALS[0]);
  const mayPass = mayBeFull(model, logDirs, { first, end, upper });
  if (!isAsked && !mayPass.includes(1)) return undefined;
  const cells = new Cells({
    now: Float64Array.from(end),
    end,
    upper: (cell) => upper[cell]!,
    lower: () => 0,
    slack: (cell) => ROUNDING * Math.max(upper[cell]!, end[cell]!),
  });
  return {
    cells,
    weight: 1 / Math.max(1, total),
    add(p, sign) {
      for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
        const from = replicaLogDir[r]!;
        const to = logDirs.dirOf[r]!;
        if (home[r] === broker[r] && from === to) continue;
        const mb = replicaMb(model, r);
        if (from >= 0) cells.add(first[home[r]!]! + from, -sign * mb);
        if (to >= 0) cells.add(first[broker[r]!]! + to, sign * mb);
      }
    },
    holds(p) {
      for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
        const from = replicaLogDir[r]!;
        const to = logDirs.dirOf[r]!;
        if (home[r] === broker[r] && from === to) continue;
        if (from >= 0 && mayPass[first[home[r]!]! + from] === 1) return true;
        if (to >= 0 && mayPass[first[broker[r]!]! + to] === 1) return true;
      }
      return false;
    },
  };
}

/** By log dir: 1 = it would be above its limit if all arrived before anything leaves. O(R). */
function mayBeFull(
  model: ClusterModel,
  { dirOf }: LogDirState,
  dirs: { first: readonly number[]; end: readonly number[]; upper: readonly number[] },
): Uint8Array {
  const { first, end, upper } = dirs;
  const { home, broker, input, replicaCount } = model;
  const most = end.slice();
  for (let r = 0; r < replicaCount; r++) {
    const dir = input.replicaLogDir[r]!;
    const hasLeft = home[r] !== broker[r] || dir !== dirOf[r];
    if (hasLeft && dir >= 0) most[first[home[r]!]! + dir]! += replicaMb(model, r);
  }
  return Uint8Array.from(most, (mb, cell) => mb > upper[cell]! && mb > end[cell]! ? 1 : 0);
}

/** KB/s in and out of a host with several brokers, which share its network: on average, and in each window where limits hold in all. */
function hostRow({ model, goals, context, windows }: Search): CellRow | undefined {
  const hosts = sharedHosts(context);
  if (hosts.length === 0) return undefined;
  const axes = [AXIS_NW_IN, AXIS_NW_OUT];
  const times = 1 + (windows?.windows.count ?? 0);
  const sumAt = (b: number, axis: number, time: number) =>
    time === 0
      ? model.sums[b * AXIS_COUNT + axis]!
      : windows!.sums[windows!.at(b, time - 1, resourceOfAxis(axis))]!;
  const limitOf = (broker: number, axis: number) =>
    goals.find(({ hard, axisLimits }) => hard && axisLimits?.axis === axis)
      ?.axisLimits?.upper[broker] ?? Infinity;
  const end: number[] = [];
  const upper: number[] = [];
  /** First cell of a broker's host, -1 = it has its host for itself. */
  const first = new Int32Array(model.brokerCount).fill(-1);
  for (const brokers of hosts) {
    for (const b of brokers) first[b] = end.length;
    for (const axis of axes) {
      for (let time = 0; time < times; time++) {
        end.push(brokers.reduce((sum, b) => sum + sumAt(b, axis, time), 0));
        upper.push(limitOf(brokers[0]!, axis));
      }
    }
  }
  const total = end.reduce((sum, rate) => sum + rate, 0) / times;
  const cells = new Cells({
    now: Float64Array.from(end),
    end,
    upper: (cell) => upper[cell]!,
    lower: () => 0,
    slack: () => ROUNDING * total,
  });
  const { home, broker } = model;
  const add = (b: number, r: number, of: { leads: boolean; sign: number }) => {
    if (first[b]! < 0) return;
    for (const [k, axis] of axes.entries()) {
      const at = first[b]! + k * times;
      const leading = of.leads ? leadingLoad(model, r, axis) : 0;
      cells.add(at, of.sign * (followingLoad(model, r, axis) + leading));
      const role = { resource: resourceOfAxis(axis), leads: of.leads };
      for (let time = 1; time < times; time++) {
        cells.add(at + time, of.sign * windows!.loadAs(r, time - 1, role));
      }
    }
  };
  return {
    cells,
    weight: 0,
    add(p, sign) {
      forEachChanged(model, p, (r, led, leads) => {
        add(home[r]!, r, { leads: led, sign: -sign });
        add(broker[r]!, r, { leads, sign });
      });
    },
    holds(p) {
      let isShared = false;
      forEachChanged(model, p, (r) => {
        isShared ||= first[home[r]!]! >= 0 || first[broker[r]!]! >= 0;
      });
      return isShared;
    },
  };
}

/** Load of a broker in a window, where capacity holds in each. */
function windowRow({ model, goals, windows }: Search): CellRow | undefined {
  if (windows === undefined) return undefined;
  const { count } = windows.windows;
  const upper = new Float64Array(model.brokerCount * RESOURCE_COUNT).fill(Infinity);
  /** By resource: percent, KB/s and MB have no rounding in common. */
  const largest = new Float64Array(RESOURCE_COUNT);
  for (const { hard, axisLimits } of goals) {
    const resource = axisLimits === undefined ? -1 : resourceOfAxis(axisLimits.axis);
    if (!hard || resource < 0) continue;
    for (let b = 0; b < model.brokerCount; b++) {
      if ((model.flags[b]! & ALIVE) === 0) continue;
      upper[b * RESOURCE_COUNT + resource] = axisLimits!.upper[b]! * (1 + ROUNDING);
      largest[resource] = Math.max(largest[resource]!, axisLimits!.upper[b]!);
    }
  }
  const cells = new Cells({
    now: windows.sums.slice(),
    end: windows.sums,
    upper: (cell) =>
      upper[Math.floor(cell / RESOURCE_COUNT / count) * RESOURCE_COUNT + cell % RESOURCE_COUNT]!,
    lower: () => -Infinity,
    slack: (cell) => ROUNDING * largest[cell % RESOURCE_COUNT]!,
  });
  const { home, broker } = model;
  return {
    cells,
    weight: 0,
    add(p, sign) {
      forEachChanged(model, p, (r, led, leads) => {
        for (let w = 0; w < count; w++) {
          for (let resource = 0; resource < RESOURCE_COUNT; resource++) {
            const was = windows.loadAs(r, w, { resource, leads: led });
            const is = windows.loadAs(r, w, { resource, leads });
            cells.add(windows.at(home[r]!, w, resource), -sign * was);
            cells.add(windows.at(broker[r]!, w, resource), sign * is);
          }
        }
      });
    },
    holds: () => true,
  };
}

/** Replicas of a partition that go to another broker, come to lead, or lead no more; whether each leads at home, and in the plan. */
function forEachChanged(
  { home, broker, homeLeader, leader, replicaStart }: ClusterModel,
  p: number,
  visit: (replica: number, led: boolean, leads: boolean) => void,
): void {
  for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
    const led = homeLeader[p] === r;
    const leads = leader[p] === r;
    if (home[r] !== broker[r] || led !== leads) visit(r, led, leads);
  }
}
