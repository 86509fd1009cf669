import { assertEquals } from "@std/assert";
import type { BrokerStats } from "../../../actors/server/shapes/broker_stats.ts";
import type { OptimizationResult } from "../../../actors/server/shapes/optimization_result.ts";
import { topicPartitionHash } from "../../../actors/server/shapes/proposal.ts";
import { double, fixed, utcSeconds } from "../../../actors/server/java_format.ts";
import { loadTable } from "../../../actors/server/text/load_table.ts";
import { optimizationText } from "../../../actors/server/text/optimization_text.ts";
import { recorded, recordedJson } from "./recorded.ts";

Deno.test("fixed() rounds halves up on the shortest decimal form, as Java does", () => {
  assertEquals(fixed(1.005, 2), "1.01");
  assertEquals(fixed(0.125, 2), "0.13");
  assertEquals(fixed(9.9995, 3), "10.000");
  assertEquals(fixed(-0.0004, 3), "0.000");
  assertEquals(fixed(-1.0005, 3), "-1.001");
  assertEquals(fixed(2.5, 0), "3");
  assertEquals(fixed(NaN, 3), "0.000");
  assertEquals(fixed(1e21, 1), (1e21).toFixed(1));
});

Deno.test("double() and utcSeconds() print as Java does", () => {
  assertEquals(double(25), "25.0");
  assertEquals(double(18.333333333333332), "18.333333333333332");
  assertEquals(utcSeconds(1795427737123), "2026-11-23T09:55:37Z");
});

Deno.test("loadTable() equals the recorded table byte by byte", () => {
  assertEquals(loadTable(recordedJson<BrokerStats>(116)), recorded(117).body);
});

Deno.test("loadTable() says unknown where the CPU is not known", () => {
  const text = loadTable(recordedJson<BrokerStats>(116), { cpuUnknown: new Set([1]) });
  const rows = text.split("\n").filter((line) => line.startsWith("localhost"));
  assertEquals(rows.map((row) => row.includes("       unknown,")), [false, true, false]);
  assertEquals(rows[1]!.length, rows[0]!.length, "columns stay where they are");
});

/** Times differ from run to run; what they print like does not. */
function withoutTimes(text: string): string {
  return text.replaceAll(/\[ +\d+ ms\]/g, "[     0 ms]");
}

/** Upstream prints the set of proposals in the order of a hash map. */
function sortedProposals(text: string): string {
  const lines = text.split("\n");
  lines[0] = lines[0]!.slice(1, -1).split("}, ").map((item) => item.replace(/}?$/, "}"))
    .sort().join(", ");
  return lines.join("\n");
}

Deno.test("optimizationText() equals the recorded texts but for times and the order of proposals", async () => {
  const plain = await optimizationText(recordedJson<OptimizationResult>(146), "Optimized load:");
  assertEquals(withoutTimes(plain), withoutTimes(recorded(147).body));
  const verbose = await optimizationText(recordedJson<OptimizationResult>(148), "Optimized load:");
  assertEquals(
    sortedProposals(withoutTimes(verbose)),
    sortedProposals(withoutTimes(recorded(149).body)),
  );
  const rebalance = await optimizationText(
    recordedJson<OptimizationResult>(181),
    "Cluster load after rebalance:",
  );
  assertEquals(withoutTimes(rebalance), withoutTimes(recorded(182).body));
});

Deno.test("topicPartitionHash() equals the recorded hashes", () => {
  const { proposals } = recordedJson<OptimizationResult>(148);
  for (const { topicPartition } of proposals!) {
    assertEquals(
      topicPartitionHash(topicPartition.topic, topicPartition.partition),
      topicPartition.hash,
      topicPartition.topic,
    );
  }
});
