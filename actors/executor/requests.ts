/**
 * What the executor answers.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { ActorContext, Answers } from "../../messages/actor.ts";
import type { ExecutorRequests } from "../../messages/executor.ts";
import { allProposals } from "../../messages/plan_parts.ts";
import { begin, type Reservation } from "./beginning.ts";
import type { Desk } from "./desk.ts";
import { cancelAll, makeRoom } from "./foreign.ts";
import type { ThrottleDeps } from "./throttle_control.ts";

/** What answering needs. */
export type RequestDeps = ThrottleDeps & Pick<ActorContext, "wake" | "request">;

type Request<K extends keyof ExecutorRequests> = ExecutorRequests[K]["request"];
type Answer<K extends keyof ExecutorRequests> = Result<ExecutorRequests[K]["answer"]>;

/** The functions that answer, over the executor's desk. */
export function executorAnswers(desk: Desk, deps: RequestDeps): Answers {
  return {
    reserve_executor: (request) => reserve(desk, deps, request),
    release_executor(request) {
      const held = desk.reservation?.uuid === request.executionUuid && !desk.starting;
      if (held) desk.reservation = undefined;
      return ok({});
    },
    execute_proposals: (request) => execute(desk, deps, request),
    stop_execution: (request) => stop(desk, deps, request),
    change_limits({ changes }) {
      if (desk.execution === undefined) return ok({ isExecuting: false });
      const changed = desk.execution.changeLimits(changes);
      if (!changed.ok) return changed;
      deps.wake();
      return ok({ isExecuting: true });
    },
    forget_brokers: (request) => forget(deps, request),
    get_executor_state: (request) => ok(desk.state(request)),
  };
}

function busy() {
  return fail(
    "ongoing_execution",
    "Cannot begin: an execution, or a plan for one, is in progress; stop it or wait for its end",
    { retriable: true },
  );
}

function forget(
  { journal }: RequestDeps,
  { removed, demoted }: Request<"forget_brokers">,
): Answer<"forget_brokers"> {
  const named = { removed, demoted };
  const known = journal.brokerHistory();
  const dropped = known.filter(({ kind, brokerId }) => named[kind].includes(brokerId));
  if (dropped.length > 0) {
    const written = journal.dropBrokerHistory(dropped);
    if (!written.ok) return written;
  }
  const outcome = (kind: keyof typeof named) => {
    const before = known.filter((entry) => entry.kind === kind).map((entry) => entry.brokerId);
    return { before, left: before.filter((id) => !named[kind].includes(id)) };
  };
  return ok({ removed: outcome("removed"), demoted: outcome("demoted") });
}

async function reserve(
  desk: Desk,
  deps: RequestDeps,
  request: Request<"reserve_executor">,
): Promise<Answer<"reserve_executor">> {
  if (desk.execution !== undefined || desk.reservation !== undefined) return busy();
  const { clock, config } = deps;
  const mine: Reservation = {
    uuid: request.executionUuid,
    reason: request.reason,
    userTriggered: request.userTriggered,
    expiresAtMs: clock.nowMs() + config["evenkeel.execution.reservation.timeout.ms"],
    cancelled: false,
  };
  desk.reservation = mine;
  const room = await makeRoom(deps);
  if (!room.ok) {
    if (desk.reservation === mine) desk.reservation = undefined;
    return room;
  }
  if (mine.cancelled) return fail("cancelled", "Stopped while the executor was being reserved");
  deps.wake(mine.expiresAtMs);
  return ok({});
}

async function execute(
  desk: Desk,
  deps: RequestDeps,
  request: Request<"execute_proposals">,
): Promise<Answer<"execute_proposals">> {
  if (desk.execution !== undefined || desk.starting) return busy();
  const mine = desk.reservation;
  if (mine === undefined || mine.uuid !== request.executionUuid) {
    return fail(
      "cancelled",
      `Cannot execute ${request.executionUuid}: the executor is not reserved for it any more ` +
        "(stopped, expired, or Evenkeel restarted); ask for the operation again",
    );
  }
  desk.starting = true;
  try {
    const proposals = await allProposals(deps, request);
    if (!proposals.ok) return proposals;
    const begun = await begin(deps, { ...request, proposals: proposals.value }, mine);
    if (!begun.ok) return begun;
    const execution = desk.takeUp(false);
    deps.wake();
    return ok({ tasks: execution?.taskCount ?? 0 });
  } finally {
    desk.starting = false;
    desk.reservation = undefined;
  }
}

async function stop(
  desk: Desk,
  deps: RequestDeps,
  request: Request<"stop_execution">,
): Promise<Answer<"stop_execution">> {
  if (desk.execution !== undefined) {
    const stopped = desk.execution.requestStop(request.reason, {
      atOnce: request.atOnce === true,
    });
    if (!stopped.ok) return stopped;
    deps.wake();
    return ok({ wasExecuting: true, cancelledExternal: [] });
  }
  if (desk.reservation !== undefined) {
    // Nothing is in the journal yet: a plan in the making, or one whose tasks are being planned, is dropped.
    desk.reservation.cancelled = true;
    if (!desk.starting) desk.reservation = undefined;
    return ok({ wasExecuting: true, cancelledExternal: [] });
  }
  if (!request.stopExternalAgent) return ok({ wasExecuting: false, cancelledExternal: [] });
  const cancelled = await cancelAll(deps);
  return cancelled.ok ? ok({ wasExecuting: false, cancelledExternal: cancelled.value }) : cancelled;
}
