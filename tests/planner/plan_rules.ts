/** What every plan must keep of a request, checked from its proposals alone. */
import { assert, assertEquals } from "@std/assert";
import type { ClusterInput } from "../../model/cluster_input.ts";
import type { Plan } from "../../model/plan.ts";
import type { Placement, Proposal } from "../../model/proposal.ts";
import type { PlannerSettings } from "../../planner/settings.ts";

/** Brokers by what a request makes of them. */
interface Roles {
  readonly gone: ReadonlySet<number>;
  readonly demoted: ReadonlySet<number>;
  readonly fresh: ReadonlySet<number>;
  /** Of each partition, as `topic-number`: brokers with an offline replica. */
  readonly offline: ReadonlyMap<string, ReadonlySet<number>>;
}

const WITHIN = [
  "PreferredLeaderElectionGoal",
  "IntraBrokerDiskCapacityGoal",
  "IntraBrokerDiskUsageDistributionGoal",
];
const MOVING = ["remove_broker", "fix_offline_replicas", "topic_replication_factor"];

/** Whether nothing may move between brokers, offline replicas included. */
export function staysWithin({ goals, operation }: PlannerSettings): boolean {
  return goals.every((goal) => WITHIN.includes(goal)) && !MOVING.includes(operation);
}

/** Fails where a proposal does what the settings forbid. */
export function checkRules(input: ClusterInput, plan: Plan, settings: PlannerSettings): void {
  const roles = rolesOf(input, settings);
  const names = plan.proposals.map(({ topic, partition }) => `${topic}-${partition}`);
  assertEquals(new Set(names).size, names.length);
  for (const [i, proposal] of plan.proposals.entries()) {
    checkPlaces(names[i]!, proposal);
    checkReplicas(names[i]!, proposal, { roles, settings });
    checkLeader(names[i]!, proposal, { roles, settings });
  }
}

function rolesOf(input: ClusterInput, settings: PlannerSettings): Roles {
  const { operation, brokerIds } = settings;
  const named = (wanted: string) => operation === wanted ? brokerIds : [];
  const inState = (state: string) =>
    input.brokers.filter((broker) => broker.state === state).map((broker) => broker.id);
  const offline = new Map<string, Set<number>>();
  for (let t = 0; t < input.topicNames.length; t++) {
    for (let p = input.partitionStart[t]!; p < input.partitionStart[t + 1]!; p++) {
      const ids = new Set<number>();
      offline.set(`${input.topicNames[t]}-${input.partitionNumber[p]}`, ids);
      for (let r = input.replicaStart[p]!; r < input.replicaStart[p + 1]!; r++) {
        if (input.replicaOffline[r] === 1) ids.add(input.brokers[input.replicaBroker[r]!]!.id);
      }
    }
  }
  const gone = new Set([...inState("dead"), ...named("remove_broker")]);
  const fresh = [...inState("new"), ...named("add_broker")];
  return {
    gone,
    demoted: new Set([...inState("demoted"), ...named("demote_broker")]),
    fresh: new Set(fresh.filter((id) => !gone.has(id))),
    offline,
  };
}

function idsOf(placements: readonly Placement[]): number[] {
  return placements.map((placement) => placement.brokerId);
}

function checkPlaces(name: string, { oldLeader, oldReplicas, newReplicas }: Proposal): void {
  const before = idsOf(oldReplicas);
  const after = idsOf(newReplicas);
  assertEquals(after.length, before.length, name);
  assertEquals(new Set(after).size, after.length, name);
  const same = oldReplicas.every((old, i) =>
    old.brokerId === newReplicas[i]!.brokerId && old.logDir === newReplicas[i]!.logDir
  );
  assert(!same || newReplicas[0]!.brokerId !== oldLeader, `${name} changes nothing`);
}

function checkReplicas(
  name: string,
  proposal: Proposal,
  by: { roles: Roles; settings: PlannerSettings },
): void {
  const { roles, settings } = by;
  const before = idsOf(proposal.oldReplicas);
  const after = idsOf(proposal.newReplicas);
  const left = before.filter((id) => !after.includes(id));
  const added = after.filter((id) => !before.includes(id));
  if (staysWithin(settings)) assertEquals(added, [], `${name} moves between brokers`);
  const must = (id: number) => roles.gone.has(id) || roles.offline.get(name)!.has(id);
  const stays = settings.excludedTopics !== "" &&
    new RegExp(`^(?:${settings.excludedTopics})$`).test(proposal.topic);
  if (stays || settings.onlyMoveImmigrants) assert(left.every(must), `${name} moves`);
  for (const id of added) {
    assert(!roles.gone.has(id), `${name} goes to broker ${id}, which is no more`);
    if (settings.destinationBrokerIds.length > 0) {
      assert(
        settings.destinationBrokerIds.includes(id),
        `${name} goes to ${id}, which is not asked for`,
      );
      continue;
    }
    assert(!settings.excludedForReplicaMove.includes(id), `${name} goes to excluded ${id}`);
    const free = roles.fresh.size === 0 || left.some(must);
    assert(free || roles.fresh.has(id), `${name} goes to ${id}, which is not new`);
  }
}

function checkLeader(
  name: string,
  proposal: Proposal,
  by: { roles: Roles; settings: PlannerSettings },
): void {
  const { roles, settings } = by;
  const { oldLeader, newReplicas } = proposal;
  const leader = newReplicas[0]!.brokerId;
  if (leader === oldLeader) return;
  assert(!roles.gone.has(leader), `${name} would be led by ${leader}, which is no more`);
  // What a destination receives may lead there; where a replica was before, leadership is all that comes.
  const received = !idsOf(proposal.oldReplicas).includes(leader);
  if (settings.destinationBrokerIds.length > 0 && received) return;
  assert(!roles.demoted.has(leader), `${name} would be led by ${leader}, which is demoted`);
  assert(
    !settings.excludedForLeadership.includes(leader),
    `${name} would be led by ${leader}, which is excluded from leadership`,
  );
}
