import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  createSimCluster,
  digest,
  drawFaults,
  partitionTruth,
  type SimCluster,
  simSpec,
} from "../../../cluster/sim/mod.ts";
import { START_MS } from "./fixture.ts";

const DAY_MS = 86_400_000;

function aDay(seed: number, callsEveryMs: number): SimCluster {
  const spec = simSpec({ seed });
  const cluster = createSimCluster({ spec, seed, startMs: START_MS });
  const span = { fromMs: START_MS, toMs: START_MS + DAY_MS };
  for (const drawn of drawFaults(spec, { seed, ...span, count: 30 })) {
    cluster.inject(drawn.fault, drawn.atMs);
  }
  for (let atMs = START_MS + callsEveryMs; atMs <= span.toMs; atMs += callsEveryMs) {
    cluster.advanceTo(atMs);
  }
  cluster.advanceTo(span.toMs);
  return cluster;
}

Deno.test("createSimCluster() gives the same bytes after a simulated day with faults", () => {
  const first = digest(aDay(7, 120_000).state);
  assertEquals(digest(aDay(7, 120_000).state), first);
  assertNotEquals(digest(aDay(8, 120_000).state), first);
});

Deno.test("advanceTo() gives the same bytes however often it is called at ends of steps", () => {
  assertEquals(digest(aDay(7, 5000).state), digest(aDay(7, DAY_MS).state));
});

Deno.test("advanceTo() writes the same totals within 1e-5 whatever the times of calls and the step", () => {
  const totals = (callsEveryMs: number, stepMs: number) => {
    const spec = simSpec({ seed: 3, settings: { stepMs } });
    const cluster = createSimCluster({ spec, seed: 3, startMs: START_MS });
    const endMs = START_MS + DAY_MS / 4;
    for (let atMs = START_MS; atMs < endMs; atMs += callsEveryMs) cluster.advanceTo(atMs);
    cluster.advanceTo(endMs);
    return spec.topics.flatMap((topic) =>
      topic.assignment.map((_, p) => partitionTruth(cluster.state, topic.name, p)!)
    );
  };
  const wanted = totals(60_000, 5000);
  for (const [callsEveryMs, stepMs] of [[60_000, 1000], [7000, 5000], [60_000, 20_000]] as const) {
    totals(callsEveryMs, stepMs).forEach((truth, i) => {
      const { endOffset, bytesInTotal } = wanted[i]!;
      assert(Math.abs(truth.bytesInTotal - bytesInTotal) <= 1e-5 * Math.max(1, bytesInTotal));
      assert(Math.abs(truth.endOffset - endOffset) <= 1e-5 * Math.max(1, endOffset));
    });
  }
});
