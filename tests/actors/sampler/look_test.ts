/** What of a look others must hear. */
import { assertEquals } from "@std/assert";
import { isNews } from "../../../actors/sampler/look.ts";
import type { ClusterObserved } from "../../../messages/sampler.ts";
import { skewedCluster } from "../analyzer/rig.ts";

function observed(dirs: readonly number[], generation = 1): ClusterObserved {
  return { ...skewedCluster(generation, 1), replicaLogDir: Int16Array.from(dirs) };
}

Deno.test("isNews() tells of metadata, of log dirs, and of replicas that changed theirs", () => {
  const before = observed([0, 1]);
  assertEquals(isNews(undefined, before), true);
  assertEquals(isNews(before, observed([0, 1])), false);
  assertEquals(isNews(before, observed([0, 1], 2)), true);
  assertEquals(isNews(before, observed([1, 1])), true);
  const failed = before.logDirs.map((broker) => ({
    ...broker,
    dirs: broker.dirs.map((dir) => ({ ...dir, alive: false })),
  }));
  assertEquals(isNews(before, { ...before, logDirs: failed }), true);
});

Deno.test("isNews() keeps quiet about log dirs that could not be read this time", () => {
  const { replicaLogDir: _, ...unread } = observed([0, 1]);
  assertEquals(isNews(observed([0, 1]), unread), false);
});
