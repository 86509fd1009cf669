/**
 * The executor on the simulated cluster, over seeds. Situation: 6 brokers, 80 partitions under load, an execution that
 * moves a third of them with a throttle, changes leaders of others; faults at drawn times; the executor's process dies
 * at drawn ticks; some executions are stopped. Expected: it ends; no throttle and no reassignment of ours is left; the
 * journal has no loose ends; what completed is at its target.
 */
import { assert, assertEquals } from "@std/assert";
import {
  createSimCluster,
  drawFaults,
  type SimCluster,
  simGateway,
  simProblems,
  simSpec,
} from "../../../cluster/sim/mod.ts";
import type { Gateway } from "../../../cluster/gateway.ts";
import type { Result } from "../../../lib/failure.ts";
import { createPrng, type Prng } from "../../../lib/prng.ts";
import type { Proposal } from "../../../model/proposal.ts";
import { findPartition, replicasOf, type Topology } from "../../../model/topology.ts";
import { openJournal } from "../../../store/journal.ts";
import { Bench } from "./harness.ts";

const SEEDS = Number(Deno.env.get("EVENKEEL_SEEDS") ?? "20");
const FIRST_SEED = Number(Deno.env.get("EVENKEEL_SEED") ?? "1");
const MINUTE_MS = 60_000;

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

/** For a part of the partitions another broker or another order. */
function drawProposals(topology: Topology, prng: Prng): Proposal[] {
  const proposals: Proposal[] = [];
  topology.topicNames.forEach((topic, t) => {
    for (let row = topology.partitionStart[t]!; row < topology.partitionStart[t + 1]!; row++) {
      const from = replicasOf(topology, row);
      const absent = topology.brokers.map((b) => b.id).filter((id) => !from.includes(id));
      const choice = prng.below(4);
      if (choice > 1 || absent.length === 0) continue;
      const to = choice === 0
        ? [absent[prng.below(absent.length)]!, ...from.slice(1)]
        : [...from.slice(1), from[0]!];
      proposals.push({
        topic,
        partition: row - topology.partitionStart[t]!,
        sizeMb: 300,
        oldLeader: topology.leader[row]!,
        oldReplicas: from.map((brokerId) => ({ brokerId })),
        newReplicas: to.map((brokerId) => ({ brokerId })),
        reasons: [],
      });
    }
  });
  return proposals;
}

async function throttlesIn(gateway: Gateway, topology: Topology): Promise<string[]> {
  const readings = must(
    await gateway.readConfigs([
      ...topology.brokers.map(({ id }) => ({ type: "broker" as const, name: String(id) })),
      ...topology.topicNames.map((name) => ({ type: "topic" as const, name })),
    ], []),
  );
  return readings.flatMap(({ resource, entries }) =>
    entries.filter(({ key, source }) =>
      key.includes("throttled") && (source === "dynamic_broker" || source === "dynamic_topic")
    ).map(({ key, value }) => `${resource.type} ${resource.name} ${key}=${value}`)
  );
}

async function scenario(seed: number): Promise<string> {
  const prng = createPrng(seed);
  const spec = simSpec({
    seed,
    brokers: 6,
    topics: 10,
    partitions: 80,
    groups: 2,
    replicationFactor: 2 + seed % 2,
    diskBytesPerBroker: 8e9,
  });
  let cluster!: SimCluster;
  const bench = new Bench({
    gateway: ({ clock }) => {
      cluster ??= createSimCluster({ spec, seed, startMs: clock.nowMs() });
      return simGateway(cluster, { clock });
    },
    config: {
      "execution.progress.check.interval.ms": "10000",
      "evenkeel.execution.settle.time.ms": "2000",
      "evenkeel.execution.move.stuck.timeout.ms": String(5 * MINUTE_MS),
      "executor.recovery.policy": ["resume", "resume", "rollback", "abandon"][seed % 4]!,
    },
  });
  try {
    await bench.start();
    const gateway = simGateway(cluster, { clock: bench.clock });
    const look = async () => must(await bench.settled(gateway.observe()));
    const proposals = drawProposals(await look(), prng.fork("proposals"));
    const begun = await bench.execute(proposals, { throttleBytesPerSec: 20_000_000 });
    assert(begun.ok, JSON.stringify(begun));
    const nowMs = bench.clock.nowMs();
    const faults = drawFaults(spec, {
      seed,
      fromMs: nowMs,
      toMs: nowMs + 4 * MINUTE_MS,
      count: prng.below(5),
    });
    for (const { atMs, fault } of faults) cluster.inject(fault, atMs);
    const stopAtTick = prng.below(3) === 0 ? prng.below(40) : -1;
    for (let tick = 0; tick < 60 && bench.messages.every(notTheEnd); tick++) {
      if (prng.below(12) === 0) await bench.restart();
      if (tick === stopAtTick) await bench.stop(false);
      await bench.tick();
    }
    const summary = await bench.runToEnd(2_000);
    // Brokers that were away come back; what waited for them is done then.
    for (let i = 0; i < 100 && openJournal(bench.store).openUndos().length > 0; i++) {
      await bench.tick();
    }
    bench.assertJournalConsistent();
    const topology = await look();
    assertEquals(await bench.settled(throttlesIn(gateway, topology)), []);
    assertEquals(simProblems(cluster.state), []);
    const foreign = faults.some(({ fault }) => fault.kind === "foreign_reassignment");
    if (summary.outcome !== "abandoned" && !foreign) {
      assertEquals(must(await bench.settled(gateway.listReassignments())), []);
    }
    checkTasks(bench, topology, proposals);
    return `${summary.outcome}, ${faults.map(({ fault }) => fault.kind).join(" ")}`;
  } finally {
    bench.close();
  }
}

const notTheEnd = (message: { kind: string }) => message.kind !== "execution_ended";

/** A move that the journal calls completed is at its target, unless somebody changed the partition later. */
function checkTasks(bench: Bench, topology: Topology, proposals: readonly Proposal[]): void {
  const journal = openJournal(bench.store);
  const uuid = journal.lastEndedExecution()!.uuid;
  const frozen = new Map(journal.proposalsOf(uuid).map((entry) => [entry.seq, entry.proposal]));
  let wrong = 0;
  for (const task of journal.tasksOf(uuid)) {
    if (task.type !== "INTER_BROKER_REPLICA_ACTION" || task.state !== "COMPLETED") continue;
    const proposal = frozen.get(task.proposalSeq)!;
    const row = findPartition(topology, proposal.topic, proposal.partition);
    if (row < 0) continue;
    const wanted = proposal.newReplicas.map((replica) => replica.brokerId).join();
    if (replicasOf(topology, row).join() !== wanted) wrong++;
  }
  // Faults include at most four reassignments by others.
  assert(wrong <= 4, `${wrong} of ${proposals.length} completed moves are not at their target`);
}

Deno.test(`createExecutor() ends cleanly on ${SEEDS} seeds of a simulated cluster with faults`, async () => {
  const outcomes: string[] = [];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    try {
      outcomes.push(await scenario(seed));
    } catch (error) {
      throw new Error(`Seed ${seed} failed; replay with EVENKEEL_SEED=${seed} EVENKEEL_SEEDS=1`, {
        cause: error,
      });
    }
  }
  if (Deno.env.get("EVENKEEL_TEST_LOG") !== undefined) console.log(outcomes.join("\n"));
  assert(outcomes.some((outcome) => outcome.startsWith("completed,")), outcomes.join("\n"));
});
