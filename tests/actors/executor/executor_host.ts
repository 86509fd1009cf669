/**
 * A process that carries one execution out on a real cluster, for tests that kill it at any moment. Takes a file with
 * a {@link HostOrder}; says each step on a line of stdout: "ready", "begun", "ended OUTCOME EXPLANATION".
 *
 * Started again on the same order it goes on with what the journal holds, and begins only what the journal never held.
 */
import type { KeyName } from "../../../config/table.ts";
import { systemClock } from "../../../lib/clock.ts";
import { silentLog } from "../../../lib/log.ts";
import type { ExecutionOptions } from "../../../messages/executor.ts";
import type { Proposal } from "../../../model/proposal.ts";
import { openJournal } from "../../../store/journal.ts";
import { openState } from "../../../store/open.ts";
import { startRealExecutor } from "./real_executor.ts";

/** What to do. */
export interface HostOrder {
  readonly bootstrap: string;
  readonly directory: string;
  readonly uuid: string;
  readonly proposals: readonly Proposal[];
  readonly options: ExecutionOptions;
  readonly config: Partial<Record<KeyName, string>>;
}

/** Whether the journal knows an execution, and whether it has ended. */
export function executionIn(directory: string, uuid: string): "unknown" | "unfinished" | "ended" {
  const opened = openState({ directory, clock: systemClock(), log: silentLog });
  if (!opened.ok) throw new Error(opened.failure.message);
  const journal = openJournal(opened.value);
  const unfinished = journal.unfinishedExecutions().some((row) => row.uuid === uuid);
  const known = journal.tasksOf(uuid).length > 0;
  opened.value.close();
  return unfinished ? "unfinished" : known ? "ended" : "unknown";
}

if (import.meta.main) {
  const order = JSON.parse(Deno.readTextFileSync(Deno.args[0]!)) as HostOrder;
  const known = executionIn(order.directory, order.uuid);
  const executor = await startRealExecutor(order.bootstrap, order.directory, order.config);
  console.log("ready");
  if (known === "unknown") {
    const begun = await executor.execute(order.uuid, order.proposals, order.options);
    if (!begun.ok) throw new Error(begun.failure.message);
    console.log("begun");
  }
  if (known !== "ended") {
    const summary = await executor.runToEnd();
    console.log(`ended ${summary.outcome} ${summary.explanation}`);
  }
  // Throttles of brokers that were away are taken back after the end.
  await executor.run(() => true);
  await executor.close();
  Deno.exit(0);
}
