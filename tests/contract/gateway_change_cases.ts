/**
 * Cases of the gateway contract that change the cluster and put it back.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { ConfigChange, ConfigResource } from "../../cluster/gateway.ts";
import type { GatewayCase } from "./gateway_contract.ts";
import type { GatewayFixture } from "./gateway_fixture.ts";
import { eventually, look, reassign, replicasText, rowOf, valueOf } from "./gateway_steps.ts";

const LEADER_LIST = "leader.replication.throttled.replicas";
const FOLLOWER_LIST = "follower.replication.throttled.replicas";
const LEADER_RATE = "leader.replication.throttled.rate";
const FOLLOWER_RATE = "follower.replication.throttled.rate";

/** Applies changes that must be accepted. */
async function change(fixture: GatewayFixture, changes: readonly ConfigChange[]): Promise<void> {
  const outcomes = valueOf(await fixture.gateway.alterConfigs(changes));
  assert(outcomes.every((outcome) => outcome.errorCode === 0), JSON.stringify(outcomes));
}

/** Waits until a key reads as `wanted`; an answer straight after a write may still be the old one. */
async function readsAs(
  fixture: GatewayFixture,
  resource: ConfigResource,
  key: string,
  wanted: { value: string | undefined; source?: string },
): Promise<void> {
  await eventually(fixture, `${key} of ${resource.name} = ${wanted.value}`, async () => {
    const reading = valueOf(await fixture.gateway.readConfigs([resource], [key]))[0]!;
    const entry = reading.entries[0];
    if (wanted.source === undefined) {
      return entry === undefined || !entry.source.startsWith("dynamic");
    }
    return entry?.value === wanted.value && entry?.source === wanted.source;
  });
}

const gammaThrottle: readonly ConfigChange[] = [
  { resource: { type: "broker", name: "3" }, key: LEADER_RATE, operation: "set", value: "100000" },
  {
    resource: { type: "broker", name: "1" },
    key: FOLLOWER_RATE,
    operation: "set",
    value: "100000",
  },
  { resource: { type: "topic", name: "gamma" }, key: LEADER_LIST, operation: "set", value: "0:3" },
  {
    resource: { type: "topic", name: "gamma" },
    key: FOLLOWER_LIST,
    operation: "set",
    value: "0:1",
  },
];

const configCases: readonly GatewayCase[] = [
  {
    name: "alterConfigs() edits a list by append and subtract and keeps all other keys",
    async run(fixture) {
      const topic = { type: "topic", name: "alpha" } as const;
      const edit = (operation: "append" | "subtract", value: string) =>
        change(fixture, [{ resource: topic, key: LEADER_LIST, operation, value }]);
      await edit("append", "0:1,0:2");
      await edit("append", "1:2");
      await edit("append", "0:2");
      await readsAs(fixture, topic, LEADER_LIST, { value: "0:1,0:2,1:2", source: "dynamic_topic" });
      await edit("subtract", "0:1,1:2");
      await readsAs(fixture, topic, LEADER_LIST, { value: "0:2", source: "dynamic_topic" });
      await readsAs(fixture, topic, "segment.bytes", { value: "8388608", source: "dynamic_topic" });
      await edit("subtract", "0:2");
      await readsAs(fixture, topic, LEADER_LIST, { value: "", source: "dynamic_topic" });
      await change(fixture, [{ resource: topic, key: LEADER_LIST, operation: "delete" }]);
      await readsAs(fixture, topic, LEADER_LIST, { value: undefined });
    },
  },
  {
    name: "alterConfigs() changes several brokers and topics in one call",
    async run(fixture) {
      await change(fixture, gammaThrottle);
      for (const one of gammaThrottle) {
        const source = one.resource.type === "broker" ? "dynamic_broker" : "dynamic_topic";
        await readsAs(fixture, one.resource, one.key, { value: one.value, source });
      }
      await change(
        fixture,
        gammaThrottle.map(({ resource, key }) => ({ resource, key, operation: "delete" })),
      );
      for (const one of gammaThrottle) {
        await readsAs(fixture, one.resource, one.key, { value: undefined });
      }
    },
  },
  {
    name: "alterConfigs() fails for an unknown topic alone",
    async run(fixture) {
      const key = "retention.ms";
      const outcomes = valueOf(
        await fixture.gateway.alterConfigs([
          { resource: { type: "topic", name: "absent" }, key, operation: "set", value: "1000000" },
          { resource: { type: "topic", name: "beta" }, key, operation: "set", value: "1000000" },
        ]),
      );
      assertEquals(outcomes.map((outcome) => [outcome.resource.name, outcome.errorCode]), [
        ["absent", 3],
        ["beta", 0],
      ]);
      const beta = { type: "topic", name: "beta" } as const;
      await change(fixture, [{ resource: beta, key, operation: "delete" }]);
      await readsAs(fixture, beta, key, { value: undefined });
    },
  },
];

const moveCases: readonly GatewayCase[] = [
  {
    name: "alterReassignments() moves a replica and the generation grows",
    async run(fixture) {
      const before = await look(fixture);
      await reassign(fixture, "alpha", 1, [2, 1]);
      const after = await look(fixture);
      assert(after.generation > before.generation);
      assertEquals(after.leader[rowOf(after, "alpha", 1)], 2);
      await reassign(fixture, "alpha", 1, [2, 3]);
    },
  },
  {
    name: "alterReassignments() refuses bad targets one by one and accepts the rest",
    async run(fixture) {
      const outcomes = valueOf(
        await fixture.gateway.alterReassignments([
          { topic: "alpha", partition: 0, replicas: [1, 9] },
          { topic: "alpha", partition: 1, replicas: [2, 2] },
          { topic: "alpha", partition: 2, replicas: [] },
          { topic: "alpha", partition: 7, replicas: [1, 2] },
          { topic: "absent", partition: 0, replicas: [1, 2] },
          { topic: "beta", partition: 0, replicas: [1, 2] },
          { topic: "beta", partition: 1, replicas: [2, 1, 3] },
        ]),
      );
      assertEquals(
        outcomes.map(({ topic, partition, errorCode }) => [topic, partition, errorCode]),
        [
          ["alpha", 0, 39],
          ["alpha", 1, 39],
          ["alpha", 2, 39],
          ["alpha", 7, 3],
          ["absent", 0, 3],
          ["beta", 0, 38],
          ["beta", 1, 0],
        ],
      );
      await reassign(fixture, "beta", 1, [2, 3, 1]);
    },
  },
  {
    name: "alterReassignments() changes the replica count when allowed",
    async run(fixture) {
      const allowed = { allowReplicationFactorChange: true };
      await reassign(fixture, "doomed", 0, [2, 1, 3], allowed);
      await reassign(fixture, "doomed", 0, [2, 1], allowed);
    },
  },
  {
    name: "alterReassignments() answers 85 to a cancel of what does not move",
    async run(fixture) {
      const target = { topic: "alpha", partition: 0, replicas: null };
      const outcomes = valueOf(await fixture.gateway.alterReassignments([target]));
      assertEquals(outcomes.map((outcome) => outcome.errorCode), [85]);
    },
  },
  {
    name: "listReassignments() shows a throttled move with target and origin, and a cancel ends it",
    async run(fixture) {
      await change(fixture, gammaThrottle);
      const { gateway } = fixture;
      const started = valueOf(
        await gateway.alterReassignments([{ topic: "gamma", partition: 0, replicas: [1] }]),
      );
      assertEquals(started.map((outcome) => outcome.errorCode), [0]);
      const ongoing = valueOf(await gateway.listReassignments());
      assertEquals(ongoing.length, 1);
      assertEquals([...ongoing[0]!.replicas].sort(), [1, 3]);
      assertEquals(ongoing[0]!.adding, [1]);
      assertEquals(ongoing[0]!.removing, [3]);
      const cancelled = valueOf(
        await gateway.alterReassignments([{ topic: "gamma", partition: 0, replicas: null }]),
      );
      assertEquals(cancelled.map((outcome) => outcome.errorCode), [0]);
      assertEquals(valueOf(await gateway.listReassignments()), []);
      await eventually(fixture, "gamma-0 back on 3", async () => {
        return replicasText(await look(fixture), "gamma", 0) === "3";
      });
      await change(
        fixture,
        gammaThrottle.map(({ resource, key }) => ({ resource, key, operation: "delete" })),
      );
    },
  },
  {
    name: "electPreferredLeaders() makes the first replica the leader",
    async run(fixture) {
      const { gateway } = fixture;
      await reassign(fixture, "alpha", 2, [1, 3]);
      const partition = { topic: "alpha", partition: 2 };
      const elected = valueOf(await gateway.electPreferredLeaders([partition]));
      assertEquals(elected.map((outcome) => outcome.errorCode), [0]);
      await eventually(fixture, "alpha-2 led by 1", async () => {
        const topology = await look(fixture);
        return topology.leader[rowOf(topology, "alpha", 2)] === 1;
      });
      const again = valueOf(
        await gateway.electPreferredLeaders([partition, { topic: "absent", partition: 0 }]),
      );
      assertEquals(again.map((outcome) => outcome.errorCode), [84, 3]);
      await reassign(fixture, "alpha", 2, [3, 1]);
      valueOf(await gateway.electPreferredLeaders([partition]));
      await eventually(fixture, "alpha-2 led by 3", async () => {
        const topology = await look(fixture);
        return topology.leader[rowOf(topology, "alpha", 2)] === 3;
      });
    },
  },
  {
    name: "alterLogDirs() moves a replica to the other log dir of its broker",
    async run(fixture) {
      const { gateway } = fixture;
      const where = async () => {
        const topology = await look(fixture);
        const reading = valueOf(await gateway.readLogDirs(topology));
        const replica = topology.replicaStart[rowOf(topology, "doomed", 0)]!;
        const dirs = reading.brokers.find((broker) => broker.brokerId === 2)!.dirs;
        return { reading, path: dirs[reading.replicaLogDir[replica]!]!.path };
      };
      const from = (await where()).path;
      const to = fixture.logDirs.get(2)!.find((path) => path !== from)!;
      const target = { brokerId: 2, topic: "doomed", partition: 0, logDir: to };
      const outcomes = valueOf(await gateway.alterLogDirs([target]));
      assertEquals(outcomes, [{ ...target, errorCode: 0 }]);
      await eventually(fixture, `doomed-0 in ${to}`, async () => {
        const now = await where();
        return now.path === to && now.reading.futureReplicas.length === 0;
      });
    },
  },
  {
    name: "alterLogDirs() refuses bad targets one by one",
    async run(fixture) {
      const dir = fixture.logDirs.get(1)![0]!;
      const outcomes = valueOf(
        await fixture.gateway.alterLogDirs([
          { brokerId: 1, topic: "alpha", partition: 0, logDir: `${dir}-absent` },
          { brokerId: 1, topic: "gamma", partition: 0, logDir: dir },
          { brokerId: 1, topic: "absent", partition: 0, logDir: dir },
        ]),
      );
      assertEquals(outcomes.map((outcome) => outcome.errorCode), [57, 9, 3]);
    },
  },
];

/** See the module. */
export const gatewayChangeCases: readonly GatewayCase[] = [...configCases, ...moveCases];
