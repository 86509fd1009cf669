/**
 * Whatever happens to an execution, in whatever order: at the end nothing of it is left in the cluster, the journal has
 * no loose ends, and every partition kept its replication factor.
 */
import { assert, assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import type { Proposal } from "../../../model/proposal.ts";
import { FakeCluster, fakeGateway, LOST } from "./fake_cluster.ts";
import { Bench, Crash, move } from "./harness.ts";

const BROKERS = 5;
const PARTITIONS = 6;

/** What the test knows; the executor is the system under test. */
interface Model {
  executions: number;
  operators: Map<string, string>;
  /** Partitions that somebody else reassigned while they were being reassigned: Kafka itself mixes the lists up then. */
  muddled: Set<string>;
}

class System {
  readonly cluster = new FakeCluster({
    brokers: BROKERS,
    bytesPerLook: 25,
    partitions: Array.from({ length: PARTITIONS }, (_, partition) => ({
      topic: partition < 3 ? "a" : "b",
      partition: partition % 3,
      replicas: [1 + partition % BROKERS, 1 + (partition + 1) % BROKERS],
    })),
  });
  /** Calls until the next one is disturbed, and how. */
  trouble: { in: number; how: "lose" | "crash"; when: "before" | "after" } | undefined;
  readonly bench = new Bench({
    gateway: () => fakeGateway(this.cluster, (_name, call) => this.#disturbed(call)),
    config: {
      "evenkeel.execution.move.stuck.timeout.ms": "20000",
      "leader.movement.timeout.ms": "20000",
    },
  });

  #disturbed<T>(call: () => T): T {
    if (this.trouble === undefined || this.trouble.in-- > 0) return call();
    const { how, when } = this.trouble;
    this.trouble = undefined;
    if (when === "after") call();
    throw how === "lose" ? LOST : new Crash();
  }

  async alive<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      await this.bench.restart();
      return undefined;
    }
  }
}

type Command = fc.AsyncCommand<Model, System>;

function command(
  text: string,
  run: (model: Model, system: System) => Promise<void> | void,
): Command {
  return {
    check: () => true,
    run: async (model, system) => await run(model, system),
    toString: () => text,
  };
}

/** Draws a new replica list for each partition that still exists. */
function proposalsFrom(cluster: FakeCluster, draw: readonly number[]): Proposal[] {
  const proposals: Proposal[] = [];
  for (const p of cluster.partitions.values()) {
    const shift = draw[proposals.length % draw.length]!;
    const absent = Array.from({ length: BROKERS }, (_, i) => i + 1).filter((id) =>
      !p.replicas.includes(id)
    );
    const from = [...p.replicas];
    if (p.adding.length > 0 || from.length !== 2) continue;
    const other = absent[shift % absent.length]!;
    const to = [[other, from[1]!], [from[1]!, from[0]!], [from[0]!, other], from][shift % 4]!;
    const leader = from.includes(p.leader) ? p.leader : -1;
    proposals.push(move(p.topic, p.partition, { from, to, leader }));
  }
  return proposals;
}

const commands = [
  fc.integer({ min: 1, max: 6 }).map((n) =>
    command(`tick ${n}`, async (_model, system) => {
      for (let i = 0; i < n; i++) await system.alive(() => system.bench.tick());
    })
  ),
  fc.tuple(fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }), fc.boolean()).map(
    ([draw, throttled]) =>
      command(`execute ${draw} ${throttled}`, async (model, system) => {
        const options = throttled ? { throttleBytesPerSec: 1000 } : {};
        const proposals = proposalsFrom(system.cluster, draw);
        const uuid = `execution ${model.executions++}`;
        await system.alive(() =>
          system.bench.execute(proposals, { ...options, interBrokerPerBroker: 2 }, uuid)
        );
      }),
  ),
  fc.constant(command("stop", async (_model, system) => {
    await system.alive(() => system.bench.stop(false));
  })),
  fc.tuple(fc.integer({ min: 1, max: BROKERS }), fc.boolean()).map(([id, up]) =>
    command(`broker ${id} ${up ? "up" : "down"}`, (_model, system) => {
      const down = [...system.cluster.alive.values()].filter((alive) => !alive).length;
      if (up || down < 2) system.cluster.setAlive(id, up);
    })
  ),
  fc.record({
    in: fc.nat(8),
    how: fc.constantFrom("lose" as const, "crash" as const),
    when: fc.constantFrom("before" as const, "after" as const),
  }).map((trouble) =>
    command(`${trouble.how} ${trouble.when} call ${trouble.in}`, (_model, system) => {
      system.trouble = { ...trouble };
    })
  ),
  fc.tuple(fc.nat(PARTITIONS - 1), fc.integer({ min: 1, max: BROKERS })).map(([index, first]) =>
    command(`foreign ${index} ${first}`, (model, system) => {
      const found = [...system.cluster.partitions][index];
      const second = first % BROKERS + 1;
      if (found === undefined) return;
      const [key, { adding, removing }] = found;
      if (adding.length + removing.length > 0) model.muddled.add(key);
      system.cluster.reassign(key, [first, second]);
    })
  ),
  fc.constant(command("delete topic b", (_model, system) => system.cluster.deleteTopic("b"))),
  fc.tuple(fc.nat(PARTITIONS - 1), fc.boolean()).map(([index, frozen]) =>
    command(`${frozen ? "freeze" : "thaw"} ${index}`, (_model, system) => {
      const key = [...system.cluster.partitions.keys()][index];
      if (key === undefined) return;
      if (frozen) system.cluster.frozen.add(key);
      else system.cluster.frozen.delete(key);
    })
  ),
];

async function windDown(system: System): Promise<void> {
  system.trouble = undefined;
  for (const id of system.cluster.alive.keys()) system.cluster.setAlive(id, true);
  system.cluster.frozen.clear();
  let idle = 0;
  for (let i = 0; i < 600 && idle < 3; i++) {
    await system.alive(() => system.bench.tick());
    const { phase } = await system.bench.state();
    const left = system.bench.journal().openUndos().length;
    idle = phase === "NO_TASK_IN_PROGRESS" && left === 0 ? idle + 1 : 0;
    if (phase === "GENERATING_PROPOSALS_FOR_EXECUTION") await system.bench.stop(false);
  }
  assertEquals(idle, 3, "the executor does not come to rest");
}

function checkEnd(model: Model, system: System): void {
  const { cluster, bench } = system;
  assertEquals(cluster.settings(), [...model.operators].map(([k, v]) => `${k}=${v}`).sort());
  for (const [key, p] of cluster.partitions) {
    if (model.muddled.has(key)) continue;
    const left = p.replicas.filter((id) => !p.removing.includes(id));
    assertEquals(new Set(left).size, 2, `${p.topic}-${p.partition} has replicas ${p.replicas}`);
  }
  if (bench.journal().lastEndedExecution() !== undefined) bench.assertJournalConsistent();
}

Deno.test("createExecutor() leaves nothing behind, whatever happens in whatever order", async () => {
  const seen = { crashes: 0, outcomes: new Set<string>() };
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: "max" }), async (list) => {
      const system = new System();
      const operators = new Map([
        ["broker 2 follower.replication.throttled.rate", "5555"],
        ["topic a leader.replication.throttled.replicas", "0:1,2:3"],
      ]);
      for (const [name, value] of operators) {
        const [type, resource, key] = name.split(" ");
        system.cluster.applyConfig({
          resource: { type: type as "broker" | "topic", name: resource! },
          key: key!,
          operation: "set",
          value,
        });
      }
      const model: Model = { executions: 0, operators, muddled: new Set() };
      try {
        await system.bench.start();
        await fc.asyncModelRun(() => ({ model, real: system }), list);
        await windDown(system);
        checkEnd(model, system);
        seen.crashes += system.bench.crashes;
        seen.outcomes.add((await system.bench.state()).lastExecution?.outcome ?? "none");
      } finally {
        system.bench.close();
      }
    }),
    {
      numRuns: Number(Deno.env.get("EVENKEEL_RUNS") ?? "60"),
      seed: Number(Deno.env.get("EVENKEEL_SEED") ?? "20240229"),
      verbose: 1,
    },
  );
  // Otherwise the commands would prove little.
  assertGreater(seen.crashes, 10);
  for (const outcome of ["completed", "completed_with_error", "stopped"]) {
    assert(seen.outcomes.has(outcome), `No execution ended ${outcome}`);
  }
});
