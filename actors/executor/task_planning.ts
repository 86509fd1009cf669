/**
 * From proposals to tasks: what has to be done, judged by one fresh look at the cluster.
 *
 * Rules as in Cruise Control's ExecutionTaskPlanner: at most one move between brokers (also a pure re-order of the
 * replica list), one move between log dirs for each replica, one leadership change for each proposal, in this order.
 * Unlike there, moves between brokers and between log dirs may be mixed, since one plan makes both, and a partition that
 * somebody else placed elsewhere since the plan was made is left alone and named.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";
import { diskMoves, type Placement, type Proposal } from "../../model/proposal.ts";
import type { LogDirsReading } from "../../model/readings.ts";
import {
  findPartition,
  findTopic,
  inSyncReplicasOf,
  NO_LEADER,
  replicasOf,
  type Topology,
} from "../../model/topology.ts";
import type { NewTask } from "../../store/journal.ts";
import type { JournalProposal } from "../../store/journal_rows.ts";
import { logDirOf } from "./log_dirs.ts";
import { newBrokers, oldBrokers, partitionKey, sameOrder, sameSet } from "./task.ts";

/** A proposal, or a part of one, that gives no task although it asks for something. */
export interface SkippedProposal {
  readonly topic: string;
  readonly partition: number;
  readonly why: string;
}

/** What an execution consists of. */
export interface TaskPlan {
  /** Old replicas and leader are those that the cluster has now: that is what a roll-back returns to. */
  readonly proposals: readonly JournalProposal[];
  readonly tasks: readonly NewTask[];
  readonly skipped: readonly SkippedProposal[];
}

/** What planning looks at. `logDirs` must belong to `topology`; undefined when no proposal speaks of log dirs. */
export interface PlanningView {
  readonly topology: Topology;
  readonly logDirs: LogDirsReading | undefined;
}

/** Plans the tasks. Fails with `invalid_argument` when a proposal is ill-formed. */
export function planTasks(
  proposals: readonly Proposal[],
  view: PlanningView,
  options: { allowReplicationFactorChange: boolean },
): Result<TaskPlan> {
  const problems = problemsOf(proposals, options);
  if (problems.length > 0) {
    return fail("invalid_argument", `Cannot execute the proposals: ${problems[0]}`, {
      details: problems.slice(0, 20),
    });
  }
  const skipped: SkippedProposal[] = [];
  const found = proposals.map((proposal, seq) => freeze(proposal, seq, { view, skipped }));
  const frozen = withoutBrokenGroups(proposals, found, skipped);
  const inter = frozen.filter((entry) => entry !== undefined && needsMove(entry.proposal, view));
  const intra = frozen.flatMap((entry) =>
    entry === undefined ? [] : diskTasks(entry, view, skipped)
  );
  const leader = frozen.filter((entry, seq) =>
    entry !== undefined && needsElection(proposals[seq]!, view.topology)
  );
  return ok({
    proposals: frozen.filter((entry) => entry !== undefined),
    tasks: [
      ...inter.map((entry) => newTask(entry!.seq, "INTER_BROKER_REPLICA_ACTION")),
      ...intra,
      ...leader.map((entry) => newTask(entry!.seq, "LEADER_ACTION")),
    ],
    skipped,
  });
}

function newTask(proposalSeq: number, type: NewTask["type"], brokerId?: number): NewTask {
  return { proposalSeq, type, brokerId };
}

function problemsOf(
  proposals: readonly Proposal[],
  options: { allowReplicationFactorChange: boolean },
): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const proposal of proposals) {
    const name = partitionKey(proposal);
    if (seen.has(name)) problems.push(`${name} has two proposals, must have one`);
    seen.add(name);
    const next = newBrokers(proposal);
    const old = oldBrokers(proposal);
    if (next.length === 0) problems.push(`${name} has no new replica, must have one or more`);
    if (new Set(next).size < next.length) problems.push(`${name} names a broker twice: ${next}`);
    if (proposal.oldLeader >= 0 && !old.includes(proposal.oldLeader)) {
      problems.push(`${name} has leader ${proposal.oldLeader} outside its replicas ${old}`);
    }
    if (next.length !== old.length && !options.allowReplicationFactorChange) {
      problems.push(
        `${name} changes its replica count from ${old.length} to ${next.length}, which was not asked for`,
      );
    }
  }
  return problems;
}

/** The proposal with the replicas that the partition has now, or undefined when there is nothing to carry out. */
function freeze(
  proposal: Proposal,
  seq: number,
  context: { view: PlanningView; skipped: SkippedProposal[] },
): JournalProposal | undefined {
  const { topology } = context.view;
  const { topic, partition } = proposal;
  const row = findPartition(topology, topic, partition);
  if (row < 0) {
    context.skipped.push({ topic, partition, why: "the partition does not exist any more" });
    return undefined;
  }
  const current = replicasOf(topology, row);
  if (!sameSet(current, oldBrokers(proposal)) && !sameSet(current, newBrokers(proposal))) {
    const why = `its replicas changed since the plan was made, from ${
      oldBrokers(proposal)
    } to ${current}`;
    context.skipped.push({ topic, partition, why });
    return undefined;
  }
  const known = new Map<number, Placement>();
  for (const placement of [...proposal.newReplicas, ...proposal.oldReplicas]) {
    // The old placement comes last and wins: it tells where the replica is now.
    known.set(placement.brokerId, placement);
  }
  return {
    seq,
    topicId: topology.topicIds[findTopic(topology, topic)]!,
    proposal: {
      ...proposal,
      oldLeader: topology.leader[row]!,
      oldReplicas: current.map((brokerId) => known.get(brokerId)!),
    },
  };
}

/** Where one proposal of a group cannot be carried out, none is: alone the others would pass limits. */
function withoutBrokenGroups(
  proposals: readonly Proposal[],
  frozen: readonly (JournalProposal | undefined)[],
  skipped: SkippedProposal[],
): (JournalProposal | undefined)[] {
  const broken = new Map<number, string>();
  for (const [seq, { group, topic, partition }] of proposals.entries()) {
    if (group === undefined || frozen[seq] !== undefined || broken.has(group)) continue;
    broken.set(group, `${topic}-${partition}`);
  }
  return frozen.map((entry) => {
    const other = entry === undefined ? undefined : broken.get(entry.proposal.group ?? -1);
    if (entry === undefined || other === undefined) return entry;
    const { topic, partition } = entry.proposal;
    const why = `it belongs together with the proposal of ${other}, which is not carried out`;
    skipped.push({ topic, partition, why });
    return undefined;
  });
}

function needsMove(proposal: Proposal, view: PlanningView): boolean {
  const { topology } = view;
  const row = findPartition(topology, proposal.topic, proposal.partition);
  const current = replicasOf(topology, row);
  const inSync = inSyncReplicasOf(topology, row);
  return !(sameOrder(current, newBrokers(proposal)) && current.every((id) => inSync.includes(id)));
}

function needsElection(proposal: Proposal, topology: Topology): boolean {
  const wanted = proposal.newReplicas[0]!.brokerId;
  if (proposal.oldLeader === wanted) return false;
  const leader = topology.leader[findPartition(topology, proposal.topic, proposal.partition)]!;
  return leader !== NO_LEADER && leader !== wanted;
}

function diskTasks(
  entry: JournalProposal,
  view: PlanningView,
  skipped: SkippedProposal[],
): NewTask[] {
  const tasks: NewTask[] = [];
  const { topic, partition } = entry.proposal;
  for (const move of diskMoves(entry.proposal)) {
    const current = logDirOf(view.topology, view.logDirs, {
      topic,
      partition,
      brokerId: move.brokerId,
    });
    if (current === undefined) {
      const why = `broker ${move.brokerId} does not say in which log dir the replica is`;
      skipped.push({ topic, partition, why });
    } else if (current !== move.logDir) {
      tasks.push(newTask(entry.seq, "INTRA_BROKER_REPLICA_ACTION", move.brokerId));
    }
  }
  return tasks;
}
