import { assert, assertEquals } from "@std/assert";
import { fourBrokers, throttle, valueOf, type World, world } from "./fixture.ts";

const ALLOW = { allowReplicationFactorChange: true };

async function submit(w: World, replicas: readonly number[] | null, options = {}): Promise<number> {
  const outcomes = valueOf(
    await w.gateway.alterReassignments([{ topic: "t", partition: 0, replicas }], options),
  );
  return outcomes[0]!.errorCode;
}

/** 1 MB/s, so that a move of 100 MB takes its time. */
async function slowly(): Promise<World> {
  const w = world(fourBrokers());
  await throttle(w.gateway, { brokers: [1, 2, 3, 4], rate: 1e6, topic: "t", list: "*" });
  return w;
}

Deno.test("alterReassignments() lists target then removing, and ends with the target in order", async () => {
  const w = await slowly();
  assertEquals(await submit(w, [4, 2, 3]), 0);
  assertEquals(valueOf(await w.gateway.listReassignments()), [
    { topic: "t", partition: 0, replicas: [4, 2, 3, 1], adding: [4], removing: [1] },
  ]);
  const during = await w.partition("t", 0);
  assertEquals(during.replicas, [4, 2, 3, 1]);
  assertEquals([...during.inSync].sort(), [1, 2, 3]);
  assertEquals(during.leader, 1);
  await w.pass(200);
  assertEquals(valueOf(await w.gateway.listReassignments()), []);
  const after = await w.partition("t", 0);
  assertEquals(after.replicas, [4, 2, 3]);
  assertEquals([...after.inSync].sort(), [2, 3, 4]);
  assertEquals(after.leader, 4);
  assert(after.epoch > during.epoch);
});

Deno.test("alterReassignments() with null keeps the order of target and removing, not the old one", async () => {
  const w = await slowly();
  await submit(w, [4, 2, 3]);
  await w.pass(10);
  assertEquals(await submit(w, null), 0);
  const after = await w.partition("t", 0);
  assertEquals(after.replicas, [2, 3, 1]);
  assertEquals([...after.inSync].sort(), [1, 2, 3]);
  assertEquals(after.leader, 1);
  assertEquals(await submit(w, null), 85);
  // Putting the order back needs no data and is done inside the request.
  assertEquals(await submit(w, [1, 2, 3]), 0);
  assertEquals(valueOf(await w.gateway.listReassignments()), []);
  assertEquals((await w.partition("t", 0)).replicas, [1, 2, 3]);
});

Deno.test("alterReassignments() of a move in flight starts from the intermediate list", async () => {
  const w = await slowly();
  await submit(w, [4, 2, 3]);
  assertEquals(await submit(w, [4, 1, 3]), 0);
  assertEquals(valueOf(await w.gateway.listReassignments()), [
    { topic: "t", partition: 0, replicas: [4, 1, 3, 2], adding: [], removing: [2] },
  ]);
  // Cancelling now leaves a set that nobody asked for: broker 4 stays.
  assertEquals(await submit(w, null), 0);
  assertEquals((await w.partition("t", 0)).replicas, [4, 1, 3, 2]);
});

Deno.test("alterReassignments() takes the present list as a successful no-op", async () => {
  const w = world(fourBrokers());
  const before = valueOf(await w.gateway.observe()).generation;
  assertEquals(await submit(w, [1, 2, 3]), 0);
  assertEquals(valueOf(await w.gateway.observe()).generation, before);
});

Deno.test("alterReassignments() adds and takes away replicas only when the change is allowed", async () => {
  const w = world(fourBrokers());
  assertEquals(await submit(w, [1, 2]), 38);
  assertEquals(await submit(w, [2, 1], ALLOW), 0);
  // Nothing to copy: done inside the request, though metadata shows it a little later.
  assertEquals(valueOf(await w.gateway.listReassignments()), []);
  assertEquals((await w.partition("t", 0)).replicas, [2, 1, 3]);
  await w.pass(0.03);
  // The leader stays because it is still in the list.
  const after = await w.partition("t", 0);
  assertEquals([after.replicas, after.leader], [[2, 1], 1]);
  assertEquals(await submit(w, [2, 1, 4], ALLOW), 0);
  await w.pass(60);
  assertEquals((await w.partition("t", 0)).inSync, [2, 1, 4]);
});

Deno.test("alterReassignments() accepts a fenced broker, which then gets nothing", async () => {
  const w = world(fourBrokers());
  w.cluster.inject({ kind: "broker_crash", brokerId: 4 });
  await w.pass(20);
  assertEquals(await submit(w, [4, 2, 3]), 0);
  await w.pass(600);
  assertEquals(valueOf(await w.gateway.listReassignments()).length, 1);
  w.cluster.inject({ kind: "broker_return", brokerId: 4 });
  await w.pass(60);
  assertEquals((await w.partition("t", 0)).replicas, [4, 2, 3]);
});

Deno.test("alterReassignments() refuses a cancel that would empty the ISR", async () => {
  const w = world(fourBrokers());
  await throttle(w.gateway, { brokers: [1, 2, 3, 4], rate: 1e6, topic: "t", list: "0:3" });
  // Broker 4 gets in sync while 3 waits, then all of the old ones go.
  w.cluster.inject({ kind: "broker_crash", brokerId: 3 });
  await w.pass(20);
  assertEquals(await submit(w, [4, 3, 2]), 0);
  await w.pass(20);
  w.cluster.inject({ kind: "broker_crash", brokerId: 1 });
  w.cluster.inject({ kind: "broker_crash", brokerId: 2 });
  await w.pass(20);
  assertEquals((await w.partition("t", 0)).inSync, [4]);
  assertEquals(await submit(w, null), 39);
});

Deno.test("electPreferredLeaders() answers 0, 84 and 80", async () => {
  const w = world(fourBrokers());
  const elect = async () =>
    valueOf(await w.gateway.electPreferredLeaders([{ topic: "t", partition: 0 }]))[0]!.errorCode;
  assertEquals(await elect(), 84);
  await submit(w, [2, 1, 3]);
  const before = await w.partition("t", 0);
  assertEquals(before.leader, 1);
  assertEquals(await elect(), 0);
  const after = await w.partition("t", 0);
  assertEquals([after.leader, after.epoch], [2, before.epoch + 1]);
  await submit(w, [3, 1, 2]);
  w.cluster.inject({ kind: "broker_crash", brokerId: 3 });
  await w.pass(15);
  assertEquals(await elect(), 80);
});
