/**
 * An operator takes the model of a running Evenkeel as a file and plans offline: what is seen there is what the server
 * would do. The real actors on a simulated cluster, behind the real HTTP endpoints and command line.
 */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { simSpec } from "../../cluster/sim/mod.ts";
import type { RequestKind, RequestOf } from "../../messages/mod.ts";
import type { Proposal } from "../../model/proposal.ts";
import { type Handlers, harness } from "../actors/server/harness.ts";
import { runCommand } from "../cli/console.ts";
import { withDirectory } from "../system/refusals.ts";
import { createWorld, HOUR_MS, type World } from "./world.ts";

const GOALS =
  "RackAwareGoal,DiskCapacityGoal,NetworkOutboundCapacityGoal,DiskUsageDistributionGoal";

/** What to plan for: as parameters of the server, and as options of both commands. */
const WISHES = [
  { query: "ignore_proposal_cache=true", snapshot: [], optimize: [] },
  { query: "ignore_proposal_cache=true", snapshot: ["--windows"], optimize: [] },
  { query: "over=max", snapshot: ["--windows"], optimize: ["--over", "max"] },
  {
    query: `goals=${GOALS}&over=each&excluded_topics=__.*`,
    snapshot: ["--goals", GOALS, "--windows"],
    optimize: ["--goals", GOALS, "--skip-hard-goal-check", "--over", "each"]
      .concat(["--exclude-topics", "__.*"]),
  },
  {
    query: "rebalance_disk=true",
    snapshot: ["--log-dirs"],
    optimize: ["--operation", "rebalance_disk"],
  },
];

/** A server whose requests the actors of the world answer. */
function serverOf(world: World) {
  const forwarded: RequestKind[] = [
    "make_plan",
    "get_plan_part",
    "get_snapshot",
    "get_snapshot_part",
    "get_executor_state",
  ];
  const handlers = Object.fromEntries(
    forwarded.map((kind) => [
      kind,
      // Time stands still: with it the load would change between plan and snapshot.
      (request: RequestOf<RequestKind>) => world.system.request(request as never),
    ]),
  ) as Handlers;
  return harness({ handlers });
}

/** What of a proposal both tell. */
function told({ topic, partition, newReplicas, reasons }: Proposal) {
  const places = newReplicas.map(({ brokerId, logDir }) =>
    logDir === undefined ? [brokerId] : [brokerId, logDir]
  );
  return { topic, partition, places, goals: reasons.map(({ goal, from, to }) => [goal, from, to]) };
}

interface PlannedInFile {
  readonly topic: string;
  readonly partition: number;
  readonly newReplicas: readonly number[];
  readonly newLogDirs?: readonly string[];
  readonly reasons: Proposal["reasons"];
}

function toldInFile({ newReplicas, newLogDirs, ...rest }: PlannedInFile) {
  const replicas = newReplicas.map((brokerId, i) =>
    newLogDirs === undefined ? { brokerId } : { brokerId, logDir: newLogDirs[i]! }
  );
  return told({ ...rest, newReplicas: replicas } as unknown as Proposal);
}

Deno.test("optimize on a snapshot of a running Evenkeel makes the plan that the server makes", async () => {
  // Log dirs of two sizes, each with as many replicas.
  const logDirs = [{ path: "/data/d0", totalBytes: 90e9 }, { path: "/data/d1", totalBytes: 45e9 }];
  const spec = simSpec({ seed: 11, brokers: 9, partitions: 240, broker: { logDirs } });
  const world = await createWorld({ seed: 11, spec });
  try {
    await world.run(3 * HOUR_MS);
    const server = serverOf(world);
    await withDirectory(async (directory) => {
      for (const { query, snapshot, optimize } of WISHES) {
        const answer = await server.ask(`/evenkeel/v1/plan?${query}`);
        const text = await answer.text();
        assertEquals(answer.status, 200, text);
        const { plan } = JSON.parse(text) as { plan: { proposals: Proposal[] } };
        assertGreater(plan.proposals.length, 5, `${query}: something is to be moved`);
        const [input, output] = [`${directory}/s.json.gz`, `${directory}/p.json`];
        const url = ["--url", "http://127.0.0.1:9090"];
        const taken = await runCommand(["snapshot", ...url, "--output", input, ...snapshot], {
          server,
        });
        assertEquals(taken.code, 0, taken.err);
        const files = ["--snapshot", input, "--output", output];
        const made = await runCommand(["optimize", ...files, ...optimize], { server });
        assert(made.code === 0 || made.code === 3, made.err);
        const file = JSON.parse(await Deno.readTextFile(output)) as { proposals: PlannedInFile[] };
        assertEquals(file.proposals.map(toldInFile), plan.proposals.map(told), query);
      }
    });
  } finally {
    await world.close();
  }
});
