/**
 * Steps that cases of the gateway contract share.
 *
 * @module
 */
import { assert } from "@std/assert";
import type { Result } from "../../lib/failure.ts";
import { findPartition, replicasOf, type Topology } from "../../model/topology.ts";
import type { GatewayFixture } from "./gateway_fixture.ts";

/** The value of a result that must be there. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`);
  return result.value;
}

/** Looks until `condition` holds, for at most `withinMs` of the cluster's time. */
export async function eventually(
  fixture: GatewayFixture,
  what: string,
  condition: () => Promise<boolean>,
  options: { withinMs?: number } = {},
): Promise<void> {
  const withinMs = options.withinMs ?? 20_000;
  const stepMs = 50;
  for (let passedMs = 0; passedMs <= withinMs; passedMs += stepMs) {
    if (await condition()) return;
    await fixture.pass(stepMs);
  }
  throw new Error(`Did not come true within ${withinMs} ms: ${what}`);
}

/** The topology now. */
export async function look(fixture: GatewayFixture): Promise<Topology> {
  return valueOf(await fixture.gateway.observe());
}

/** The row of a partition that must exist. */
export function rowOf(topology: Topology, topic: string, partition: number): number {
  const row = findPartition(topology, topic, partition);
  assert(row >= 0, `${topic}-${partition} is not in the topology`);
  return row;
}

/** Replica list of a partition, as text. */
export function replicasText(topology: Topology, topic: string, partition: number): string {
  return replicasOf(topology, rowOf(topology, topic, partition)).join(",");
}

/** Moves one partition and waits until the cluster shows it done. */
export async function reassign(
  fixture: GatewayFixture,
  topic: string,
  partition: number,
  replicas: readonly number[],
  options: { allowReplicationFactorChange?: boolean } = {},
): Promise<void> {
  const outcomes = valueOf(
    await fixture.gateway.alterReassignments([{ topic, partition, replicas }], options),
  );
  assert(outcomes[0]?.errorCode === 0, JSON.stringify(outcomes));
  await eventually(fixture, `${topic}-${partition} on ${replicas}`, async () => {
    if (valueOf(await fixture.gateway.listReassignments()).length > 0) return false;
    return replicasText(await look(fixture), topic, partition) === replicas.join(",");
  });
}
