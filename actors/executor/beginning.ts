/**
 * From a request to an execution in the journal.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { ExecutorRequests } from "../../messages/executor.ts";
import { diskMoves, type Proposal } from "../../model/proposal.ts";
import type { LogDirsReading } from "../../model/readings.ts";
import type { Topology } from "../../model/topology.ts";
import type { BrokerHistoryEntry, Journal } from "../../store/journal.ts";
import type { JournalExecution } from "../../store/journal_rows.ts";
import type { ForeignDeps } from "./foreign.ts";
import { steeringOf } from "./limits.ts";
import { planTasks } from "./task_planning.ts";

/** Who holds the executor while a plan is made. */
export interface Reservation {
  readonly uuid: string;
  readonly reason: string;
  readonly userTriggered: boolean;
  readonly expiresAtMs: number;
  /** Set when it was stopped meanwhile. */
  cancelled: boolean;
}

/** The request that begins an execution. */
export type ExecuteRequest = ExecutorRequests["execute_proposals"]["request"];

/** Plans the tasks and writes the execution; nothing in the cluster is changed. Gives the journal's row. */
export async function begin(
  deps: ForeignDeps & { readonly journal: Journal },
  request: ExecuteRequest,
  reservation: Reservation,
): Promise<Result<JournalExecution>> {
  const { journal, clock, config, log } = deps;
  const steering = steeringOf(request.options, config);
  if (!steering.ok) return steering;
  const view = await lookForPlanning(deps, request.proposals);
  if (!view.ok) return view;
  const plan = planTasks(request.proposals, view.value, steering.value);
  if (!plan.ok) return plan;
  for (const skipped of plan.value.skipped) {
    log.warn("A proposal is not carried out", { ...skipped });
  }
  if (reservation.cancelled) return fail("cancelled", "Stopped before the execution began");
  const nowMs = clock.nowMs();
  const history = journal.putBrokerHistory(historyOf(request, journal, nowMs));
  if (!history.ok) return history;
  const written = journal.beginExecution(
    {
      uuid: request.executionUuid,
      operation: request.operation,
      reason: reservation.reason,
      userTriggered: reservation.userTriggered,
      state: "STARTING_EXECUTION",
      options: request.options,
      limits: steering.value,
      throttleBytesPerSec: steering.value.throttleBytesPerSec,
      createdAtMs: nowMs,
    },
    plan.value.proposals,
    plan.value.tasks,
  );
  if (!written.ok) return written;
  return ok(journal.unfinishedExecutions().find((row) => row.uuid === request.executionUuid)!);
}

/** A fresh look; fails when somebody moves partitions or log dirs just now. */
async function lookForPlanning(
  deps: ForeignDeps,
  proposals: readonly Proposal[],
): Promise<Result<{ topology: Topology; logDirs: LogDirsReading | undefined }>> {
  const { gateway } = deps;
  const listed = await gateway.listReassignments();
  if (!listed.ok) return listed;
  const busy = listed.value[0];
  if (busy !== undefined) {
    return fail(
      "ongoing_execution",
      `Cannot begin: ${busy.topic}-${busy.partition} is being reassigned by somebody else`,
      { retriable: true },
    );
  }
  const topology = await gateway.observe();
  if (!topology.ok) return topology;
  const logDirs = await gateway.readLogDirs(topology.value);
  if (!logDirs.ok) return logDirs;
  const future = logDirs.value.futureReplicas[0];
  if (future !== undefined) {
    return fail(
      "ongoing_execution",
      `Cannot begin: broker ${future.brokerId} is moving ${future.topic}-${future.partition} ` +
        "between its log dirs (intra-broker)",
      { retriable: true },
    );
  }
  const wanted = proposals.some((proposal) => diskMoves(proposal).length > 0);
  return ok({ topology: topology.value, logDirs: wanted ? logDirs.value : undefined });
}

/** Brokers that this execution demotes or removes; what is marked as permanent stays so. */
function historyOf(
  request: ExecuteRequest,
  journal: Journal,
  nowMs: number,
): BrokerHistoryEntry[] {
  const known = journal.brokerHistory();
  const entry = (kind: BrokerHistoryEntry["kind"]) => (brokerId: number): BrokerHistoryEntry => {
    const before = known.find((e) => e.kind === kind && e.brokerId === brokerId);
    return { kind, brokerId, startedAtMs: before?.startedAtMs === 0 ? 0 : nowMs };
  };
  return [
    ...(request.options.demotedBrokers ?? []).map(entry("demoted")),
    ...(request.options.removedBrokers ?? []).map(entry("removed")),
  ];
}
