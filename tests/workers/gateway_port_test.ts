import { assert, assertEquals } from "@std/assert";
import type { Gateway } from "../../cluster/gateway.ts";
import {
  brokerSpec,
  createSimCluster,
  exactSpec,
  simGateway,
  topicSpec,
} from "../../cluster/sim/mod.ts";
import { ManualClock } from "../../lib/clock.ts";
import { ok } from "../../lib/failure.ts";
import type { Topology } from "../../model/topology.ts";
import { gatewayOverPort, serveGateway } from "../../workers/gateway_port.ts";
import { asPort, localChannel, type Port } from "../../workers/port.ts";
import { gatewayContract } from "../contract/gateway_contract.ts";
import {
  CONTRACT_BROKERS,
  CONTRACT_GROUP,
  CONTRACT_TOPICS,
  type ContractTopic,
  type GatewayFixture,
} from "../contract/gateway_fixture.ts";
import { START_MS } from "./helpers.ts";

/** A topic whose records are all there already. */
function idleTopic({ name, replicas, records, recordBytes, configs }: ContractTopic) {
  const bytes = recordBytes + 70; // what a record takes in the log
  return topicSpec(name, replicas, {
    shares: replicas.map((_, partition) => partition === 0 ? 1 : 0),
    workload: { bytesPerSec: 0, recordBytes: bytes },
    initialBytes: records * bytes,
    configs,
  });
}

function contractCluster() {
  const { groupId, topic, offset } = CONTRACT_GROUP;
  const spec = exactSpec({
    brokers: CONTRACT_BROKERS.map(({ id, rack }) => brokerSpec(id, rack)),
    topics: CONTRACT_TOPICS.map(idleTopic),
    groups: [{
      groupId,
      topics: [topic],
      capacity: 0,
      committed: { [topic]: [offset, null, null] },
    }],
  });
  return createSimCluster({ spec, seed: 1, startMs: START_MS });
}

let made: GatewayFixture | undefined;

function fixture(): Promise<GatewayFixture> {
  if (made !== undefined) return Promise.resolve(made);
  const clock = new ManualClock(START_MS);
  const cluster = contractCluster();
  const [near, far] = localChannel();
  serveGateway(far, simGateway(cluster, { clock }));
  const pass = (ms: number) => clock.advanceTo(clock.nowMs() + ms);
  made = {
    gateway: gatewayOverPort(near, { clock, deadlineMs: 60_000, graceMs: 5_000 }),
    logDirs: new Map(cluster.state.brokers.map((b) => [b.id, b.logDirs.map((dir) => dir.path)])),
    pass,
    faults: {
      killBroker: (brokerId) => Promise.resolve(cluster.inject({ kind: "broker_crash", brokerId })),
      restartBroker: (brokerId) => {
        cluster.inject({ kind: "broker_return", brokerId });
        return pass(10_000);
      },
      deleteTopic: (topic) => Promise.resolve(cluster.inject({ kind: "topic_deletion", topic })),
    },
  };
  return Promise.resolve(made);
}

gatewayContract("gateway over a port", fixture, {
  register: (name, body) => Deno.test(name, body),
  skip: (name) => Deno.test.ignore(name, () => {}),
  faults: ["killBroker", "restartBroker", "deleteTopic"],
});

function spied(port: Port): { port: Port; posted: unknown[] } {
  const posted: unknown[] = [];
  const post: Port["post"] = (data, transfer) => {
    posted.push(data);
    port.post(data, transfer);
  };
  return { port: { ...port, post }, posted };
}

function carriesTopology(call: unknown): boolean {
  return (call as { args: unknown[] }).args.some((arg) => (arg as Topology)?.leader !== undefined);
}

Deno.test("gatewayOverPort() sends a topology once, and again when the far side has another one", async () => {
  const clock = new ManualClock(START_MS);
  const cluster = contractCluster();
  const [near, far] = localChannel();
  const { port, posted } = spied(near);
  serveGateway(far, simGateway(cluster, { clock }));
  const gateway = gatewayOverPort(port, { clock, deadlineMs: 1000 });
  const first = await gateway.observe();
  assert(first.ok);
  assert((await gateway.readOffsets(first.value)).ok);
  assert((await gateway.readLogDirs(first.value)).ok);
  assertEquals(posted.filter(carriesTopology).length, 0);
  // A copy, as it arrives from another actor, is not known to be the same.
  const copy = structuredClone(first.value);
  assert((await gateway.readOffsets(copy)).ok);
  assert((await gateway.readOffsets(copy)).ok);
  assertEquals(posted.filter(carriesTopology).length, 1);
  cluster.inject({ kind: "topic_deletion", topic: "doomed" });
  const second = await gateway.observe();
  assert(second.ok && second.value.generation !== first.value.generation);
  const old = await gateway.readOffsets(first.value);
  assertEquals(old.ok && old.value.endOffset.length, first.value.leader.length);
  await gateway.close();
});

Deno.test("gatewayOverPort() fails by its own deadline when the far side is gone", async () => {
  const clock = new ManualClock(START_MS);
  const [near] = localChannel();
  const gateway = gatewayOverPort(near, { clock, deadlineMs: 1000, stretch: 2, graceMs: 50 });
  const bounded = gateway.observe({ deadlineMs: 100 });
  const unbounded = gateway.listReassignments();
  await clock.advanceTo(START_MS + 250);
  const late = await bounded;
  assertEquals(late.ok ? "" : late.failure.code, "deadline_exceeded");
  await clock.advanceTo(START_MS + 1000);
  assertEquals((await unbounded).ok, false);
  assertEquals(clock.nextDueMs(), undefined);
});

Deno.test("serveGateway() answers a throw with a failure, over real message ports, too", async () => {
  const { port1, port2 } = new MessageChannel();
  const broken = { observe: () => Promise.reject(new TypeError("boom")) } as unknown as Gateway;
  serveGateway(asPort(port2), { ...broken, listReassignments: () => Promise.resolve(ok([])) });
  const clock = new ManualClock(START_MS);
  const gateway = gatewayOverPort(asPort(port1), { clock, deadlineMs: 1000 });
  const thrown = await gateway.observe();
  assertEquals(thrown.ok ? "" : thrown.failure.message, "Cannot call observe: boom");
  assertEquals(await gateway.listReassignments(), ok([]));
  await gateway.close();
  const after = await gateway.listReassignments();
  assertEquals(after.ok ? "" : after.failure.code, "shutting_down");
  port2.close();
});
