/**
 * What each broker carries, as people see it: summed from a model's input, or taken from a plan. Pure.
 *
 * @module
 */
import { ok, type Result } from "../../lib/failure.ts";
import type { BrokerLoad } from "../../messages/analyzer.ts";
import type { BrokerState, ClusterInput, InputBroker } from "../../model/cluster_input.ts";
import { CPU, DISK, NW_IN, NW_OUT, RESOURCE_COUNT } from "../../model/metrics.ts";
import type { BrokerFigures, HeldPlan } from "../../model/plan.ts";
import { type LogDirLoads, logDirLoads, logDirLoadSteps } from "./log_dir_load.ts";

const STATES: Readonly<Record<BrokerState, BrokerLoad["state"]>> = {
  alive: "ALIVE",
  dead: "DEAD",
  new: "NEW",
  demoted: "DEMOTED",
  bad_disks: "BAD_DISKS",
};

/** Loads of all brokers, ids ascending. A resource that the input does not know is NaN. O(R). */
export function brokerLoads(input: ClusterInput): BrokerLoad[] {
  const figures = brokerFigures(input);
  const dirs = logDirLoads(input);
  return input.brokers.map((broker, b) => ({
    ...brokerLoad(broker, figures[b]!, input),
    ...ofBroker(dirs, broker.id),
  }));
}

/** Loads before and after a plan, by the planner's own sums, in steps. Brokers that it removes are shown as dead. */
export function* planLoadSteps(
  input: ClusterInput,
  plan: HeldPlan,
  removed: readonly number[],
): Generator<void, Result<{ before: BrokerLoad[]; after: BrokerLoad[] }>, void> {
  const of = (when: "before" | "after", dirs: LogDirLoads) =>
    plan.brokers.map((figures) => {
      const broker = input.brokers.find(({ id }) => id === figures.id)!;
      const load = brokerLoad(broker, figures[when], input);
      const state = removed.includes(broker.id) ? STATES.dead : load.state;
      return { ...load, state, ...ofBroker(dirs, broker.id) };
    });
  const before = of("before", yield* logDirLoadSteps(input, []));
  const after = of("after", yield* logDirLoadSteps(input, plan.proposals));
  return ok({ before, after });
}

function ofBroker(
  dirs: LogDirLoads,
  brokerId: number,
): Pick<BrokerLoad, "logDirs"> {
  const logDirs = dirs.get(brokerId);
  return logDirs === undefined ? {} : { logDirs };
}

function brokerLoad(broker: InputBroker, figures: BrokerFigures, input: ClusterInput): BrokerLoad {
  const known = (resource: number, value: number) =>
    input.unknownResources.has(resource) ? NaN : value;
  return {
    brokerId: broker.id,
    host: broker.host,
    rack: broker.rack,
    state: STATES[broker.state],
    diskMb: known(DISK, figures.disk),
    cpuPct: known(CPU, figures.cpu),
    leaderNwIn: known(NW_IN, figures.leaderNwIn),
    followerNwIn: known(NW_IN, figures.nwIn - figures.leaderNwIn),
    nwOut: known(NW_OUT, figures.nwOut),
    potentialNwOut: known(NW_OUT, figures.potentialNwOut),
    replicas: figures.replicas,
    leaders: figures.leaders,
    diskCapacityMb: broker.capacity[DISK],
    nwInCapacity: broker.capacity[NW_IN],
    nwOutCapacity: broker.capacity[NW_OUT],
    cores: broker.cores,
    capacityEstimated: broker.capacityEstimated,
  };
}

type Sums = { -readonly [K in keyof BrokerFigures]: number };

/** Sums over each broker's replicas, by broker index. */
function brokerFigures(input: ClusterInput): BrokerFigures[] {
  const { replicaStart, replicaBroker, leaderReplica, leaderLoad, followerLoad } = input;
  const sums: Sums[] = input.brokers.map(() => ({
    cpu: 0,
    nwIn: 0,
    nwOut: 0,
    disk: 0,
    potentialNwOut: 0,
    leaderNwIn: 0,
    replicas: 0,
    leaders: 0,
  }));
  for (let p = 0; p < leaderReplica.length; p++) {
    const at = p * RESOURCE_COUNT;
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      const sum = sums[replicaBroker[r]!]!;
      const leads = leaderReplica[p] === r;
      const load = leads ? leaderLoad : followerLoad;
      const ownMb = input.replicaDiskMb[r] ?? NaN;
      sum.cpu += load[at + CPU]!;
      sum.nwIn += load[at + NW_IN]!;
      sum.nwOut += load[at + NW_OUT]!;
      sum.disk += Number.isNaN(ownMb) ? load[at + DISK]! : ownMb;
      sum.potentialNwOut += leaderLoad[at + NW_OUT]!;
      sum.replicas++;
      if (!leads) continue;
      sum.leaderNwIn += load[at + NW_IN]!;
      sum.leaders++;
    }
  }
  return sums;
}
