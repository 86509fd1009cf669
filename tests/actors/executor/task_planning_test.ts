import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { planTasks } from "../../../actors/executor/task_planning.ts";
import type { Proposal } from "../../../model/proposal.ts";
import { FakeCluster } from "./fake_cluster.ts";
import { move } from "./harness.ts";

const OPTIONS = { allowReplicationFactorChange: false };

function setup() {
  const cluster = new FakeCluster({
    brokers: 5,
    partitions: [
      { topic: "t", partition: 0, replicas: [1, 2, 3] },
      { topic: "t", partition: 1, replicas: [3, 2, 1] },
      { topic: "u", partition: 0, replicas: [1, 2] },
    ],
  });
  const plan = (proposals: Proposal[], options = OPTIONS) => {
    const topology = cluster.topology();
    return planTasks(proposals, { topology, logDirs: cluster.readLogDirs(topology) }, options);
  };
  return { cluster, plan };
}

const disk = (brokerId: number, from: string, to: string): Proposal => ({
  ...move("u", 0, { from: [1, 2], to: [1, 2] }),
  oldReplicas: [{ brokerId: 1, logDir: from }, { brokerId: 2, logDir: from }],
  newReplicas: [1, 2].map((id) => ({ brokerId: id, logDir: id === brokerId ? to : from })),
});

Deno.test("planTasks() orders moves, then disk moves, then elections", () => {
  const { plan } = setup();
  const planned = plan([
    move("t", 0, { from: [1, 2, 3], to: [4, 2, 3] }),
    move("t", 1, { from: [3, 2, 1], to: [2, 3, 1] }),
    move("u", 0, { from: [1, 2], to: [1, 5] }),
  ]);
  assert(planned.ok);
  assertEquals(planned.value.tasks.map((task) => [task.type, task.proposalSeq]), [
    ["INTER_BROKER_REPLICA_ACTION", 0],
    ["INTER_BROKER_REPLICA_ACTION", 1],
    ["INTER_BROKER_REPLICA_ACTION", 2],
    ["LEADER_ACTION", 0],
    ["LEADER_ACTION", 1],
  ]);
});

Deno.test("planTasks() gives no task for what is done, and one for what is placed but not in sync", () => {
  const { cluster, plan } = setup();
  const done = move("t", 0, { from: [3, 2, 1], to: [1, 2, 3], leader: 1 });
  let planned = plan([done]);
  assert(planned.ok);
  assertEquals(planned.value.tasks, []);
  cluster.get("t", 0).inSync = [1, 2];
  planned = plan([done]);
  assert(planned.ok);
  assertEquals(planned.value.tasks.map((task) => task.type), ["INTER_BROKER_REPLICA_ACTION"]);
});

Deno.test("planTasks() remembers the replicas and the leader that the partition has now", () => {
  const { cluster, plan } = setup();
  cluster.reassign("t/0", [2, 3, 1]);
  cluster.get("t", 0).leader = 3;
  const planned = plan([move("t", 0, { from: [1, 2, 3], to: [4, 2, 3] })]);
  assert(planned.ok);
  const { proposal, topicId } = planned.value.proposals[0]!;
  assertEquals(proposal.oldReplicas.map((replica) => replica.brokerId), [2, 3, 1]);
  assertEquals([proposal.oldLeader, topicId], [3, "id-t"]);
});

Deno.test("planTasks() leaves partitions alone that are gone or were changed since the plan", () => {
  const { cluster, plan } = setup();
  cluster.deleteTopic("u");
  cluster.reassign("t/0", [1, 2, 5]);
  for (let i = 0; i < 3; i++) cluster.step();
  const planned = plan([
    move("t", 0, { from: [1, 2, 3], to: [4, 2, 3] }),
    move("u", 0, { from: [1, 2], to: [1, 3] }),
  ]);
  assert(planned.ok);
  assertEquals(planned.value.tasks, []);
  assertEquals(planned.value.skipped.map((skipped) => skipped.topic), ["t", "u"]);
  assertStringIncludes(planned.value.skipped[0]!.why, "from 1,2,3 to 1,2,5");
});

Deno.test("planTasks() plans disk moves by broker and skips those that are there", () => {
  const { plan } = setup();
  let planned = plan([disk(2, "/a", "/b")]);
  assert(planned.ok);
  assertEquals(planned.value.tasks, [
    { proposalSeq: 0, type: "INTRA_BROKER_REPLICA_ACTION", brokerId: 2 },
  ]);
  planned = plan([disk(2, "/b", "/a")]);
  assert(planned.ok);
  assertEquals(planned.value.tasks, []);
});

Deno.test("planTasks() plans moves between brokers, between log dirs and re-orders together, in phases", () => {
  const { plan } = setup();
  const arriving: Proposal = {
    ...move("t", 0, { from: [1, 2, 3], to: [4, 2, 3] }),
    oldReplicas: [1, 2, 3].map((brokerId) => ({ brokerId, logDir: "/a" })),
    // One replica comes to a broker, another one changes its log dir there.
    newReplicas: [4, 2, 3].map((brokerId) => ({ brokerId, logDir: brokerId === 3 ? "/a" : "/b" })),
  };
  const planned = plan([
    disk(2, "/a", "/b"),
    arriving,
    move("t", 1, { from: [3, 2, 1], to: [3, 1, 2] }),
  ]);
  assert(planned.ok);
  assertEquals(
    planned.value.tasks.map(({ type, proposalSeq, brokerId }) => [type, proposalSeq, brokerId]),
    [
      ["INTER_BROKER_REPLICA_ACTION", 1, undefined],
      ["INTER_BROKER_REPLICA_ACTION", 2, undefined],
      ["INTRA_BROKER_REPLICA_ACTION", 0, 2],
      ["INTRA_BROKER_REPLICA_ACTION", 1, 2],
      ["LEADER_ACTION", 1, undefined],
    ],
  );
});

Deno.test("planTasks() rejects ill-formed proposals and says which", () => {
  const { plan } = setup();
  const reasons: [Proposal[], string][] = [
    [[move("t", 0, { from: [1, 2, 3], to: [] })], "t/0 has no new replica"],
    [[move("t", 0, { from: [1, 2, 3], to: [4, 4, 3] })], "names a broker twice"],
    [[move("t", 0, { from: [1, 2, 3], to: [4, 2, 3], leader: 7 })], "leader 7 outside"],
    [[move("t", 0, { from: [1, 2, 3], to: [1, 2] })], "replica count from 3 to 2"],
    [Array(2).fill(move("t", 0, { from: [1, 2, 3], to: [4, 2, 3] })), "two proposals"],
  ];
  for (const [proposals, why] of reasons) {
    const planned = plan(proposals);
    assert(!planned.ok);
    assertEquals(planned.failure.code, "invalid_argument");
    assertStringIncludes(planned.failure.details!.join(), why);
  }
  const allowed = plan([move("t", 0, { from: [1, 2, 3], to: [1, 2] })], {
    allowReplicationFactorChange: true,
  });
  assert(allowed.ok);
  assertEquals(allowed.value.tasks.length, 1);
});
