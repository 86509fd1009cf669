/**
 * Integration tests that need real brokers. Without Java and Maven they are reported as ignored, with the reason in
 * their name; with `CI=true` they fail instead, because a suite that skips itself proves nothing.
 *
 * @module
 */
import { type ClusterOptions, type KafkaCluster, startCluster } from "./cluster.ts";
import { missingTools } from "./jars.ts";

let missing: { readonly reason: string | undefined } | undefined;

function reasonToSkip(): string | undefined {
  missing ??= { reason: missingTools() };
  return missing.reason;
}

/** Registers a test that needs real brokers. */
export function kafkaTest(
  name: string,
  body: (context: Deno.TestContext) => Promise<void>,
): void {
  const reason = reasonToSkip();
  // Connections and brokers are shared by the tests of a file, so they outlive a single one.
  const shared = { sanitizeOps: false, sanitizeResources: false };
  if (reason === undefined) Deno.test({ name, fn: body, ...shared });
  else if (Deno.env.get("CI") === "true") {
    Deno.test(name, () => {
      throw new Error(`Cannot run tests on real brokers, ${reason}`);
    });
  } else Deno.test({ name: `${name} (skipped: ${reason})`, ignore: true, fn: () => {} });
}

/**
 * One cluster for all tests of a file: started by the first test that asks for it, ended after the last. `prepare` runs
 * once, after the start.
 */
export function sharedCluster(
  options: ClusterOptions,
  prepare: (cluster: KafkaCluster) => Promise<void> = () => Promise.resolve(),
): () => Promise<KafkaCluster> {
  let starting: Promise<KafkaCluster> | undefined;
  Deno.test.afterAll(async () => {
    const cluster = await starting?.catch(() => undefined);
    starting = undefined;
    await cluster?.close();
  });
  const start = async () => {
    const cluster = await startCluster(options);
    try {
      await prepare(cluster);
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  };
  return () => starting ??= start();
}
