/** What `evenkeel doctor` says of capacities. Pure. */
import { resolveCapacities } from "../load/capacity.ts";
import { withReplicaBytes } from "../load/log_dir_bytes.ts";
import type { DoctorFacts } from "./doctor_facts.ts";
import { type Finding, some, textOf } from "./doctor_finding.ts";

const check = "capacity";
const fix = "list each broker, or -1 for all others, in the file of capacity.config.file";

/** Whether the capacity of every broker is known rather than guessed. */
export function capacityFindings(facts: DoctorFacts): Finding[] {
  const { capacity, topology, logDirs, networkKbPerSec } = facts;
  if (!capacity.ok) {
    return [{
      check,
      status: "costs",
      what: textOf(capacity.failure),
      cost: "Evenkeel does not plan without capacities",
      fix: "correct the file, or unset capacity.config.file",
    }];
  }
  const cores = new Map(
    facts.brokers.flatMap(({ id, agent }) =>
      agent?.ok && agent.value.cores > 0 ? [[id, agent.value.cores] as const] : []
    ),
  );
  const resolved = resolveCapacities(topology, {
    file: capacity.value,
    logDirs: logDirs.ok ? withReplicaBytes(topology, logDirs.value) : [],
    networkKbPerSec,
    cores,
    allowEstimation: true,
  });
  if (!resolved.ok) {
    return [{
      check,
      status: "costs",
      what: textOf(resolved.failure),
      cost: "Evenkeel does not plan without capacities",
      fix,
    }];
  }
  const guessed = [...resolved.value].filter(([, one]) => one.estimated !== undefined);
  if (guessed.length === 0) {
    const what = `known for ${resolved.value.size} of ${resolved.value.size} brokers`;
    return [{ check, status: "fine", what }];
  }
  const reasons = [...new Set(guessed.map(([, one]) => one.estimated!))];
  return [{
    check,
    status: "costs",
    what: `guessed for brokers ${some(guessed.map(([id]) => id))}: ${reasons.join("; ")}`,
    cost: "limits and balance are judged by the guess: capacity goals may miss a real overload, " +
      "or see one that is none",
    fix,
  }];
}
