/**
 * Proposals that fit together only: inside such a group a limit may be passed for a while, as in a swap between two full
 * brokers. What copies in parallel cannot keep the plan's order step by step, and Kafka keeps old replicas until the
 * new ones are in sync anyway; but no execution should come to rest in the middle of a group. So a group that was begun
 * goes first when moves are chosen, and one that is half done is finished when an execution is stopped.
 *
 * @module
 */
import { countOf } from "../../lib/count_of.ts";
import type { Run } from "./run.ts";
import type { TaskBook } from "./task_book.ts";
import { isTerminal } from "./task_state.ts";
import { partitionKey, type Task } from "./task.ts";

/** How far the tasks of a group are. */
interface GroupState {
  begun: boolean;
  /** Some task has completed, and with it what it changed. */
  changed: boolean;
  /** Some task is left to do or is being done. */
  open: boolean;
  /** Some task did not complete and never will. */
  broken: boolean;
  readonly first: string;
}

function groupsIn(book: TaskBook): Map<number, GroupState> {
  const groups = new Map<number, GroupState>();
  for (const task of book.all()) {
    const { group } = task.proposal;
    if (group === undefined) continue;
    let known = groups.get(group);
    if (known === undefined) {
      const first = partitionKey(task.proposal);
      known = { begun: false, changed: false, open: false, broken: false, first };
      groups.set(group, known);
    }
    const { state } = task.record;
    known.begun ||= state !== "PENDING";
    known.changed ||= state === "COMPLETED";
    known.open ||= !isTerminal(state);
    known.broken ||= state === "ABORTED" || state === "DEAD" || state === "ABORTING";
  }
  return groups;
}

/**
 * Tells which tasks go on as things stand now: all, or, once the execution is to stop, those of groups that are half
 * done and can still be finished. O(tasks), then O(1) a task.
 */
export function goingOn(run: Run): (task: Task) => boolean {
  const { stop } = run;
  if (stop === undefined) return () => true;
  if (stop.atOnce === true || stop.kind === "failure" || stop.kind === "abandon") {
    return () => false;
  }
  const groups = groupsIn(run.book);
  return ({ proposal: { group } }) => {
    const known = group === undefined ? undefined : groups.get(group);
    return known !== undefined && known.changed && known.open && !known.broken;
  };
}

/** Tells which tasks belong to groups that were begun. O(tasks), then O(1) a task. */
export function inBegunGroup(book: TaskBook): (task: Task) => boolean {
  const groups = groupsIn(book);
  return ({ proposal: { group } }) => group !== undefined && groups.get(group)!.begun;
}

/** A sentence about groups that an execution leaves half done; undefined when there is none. */
export function halfDoneText(book: TaskBook): string | undefined {
  const halves = [...groupsIn(book).values()].filter((group) =>
    group.changed && (group.open || group.broken)
  );
  const first = halves[0];
  if (first === undefined) return undefined;
  const many = countOf(halves.length, "group");
  return `${many} of moves that belong together ${halves.length === 1 ? "is" : "are"} half done, ` +
    `such as that of ${first.first}: limits may be passed there until a new plan is carried out`;
}
