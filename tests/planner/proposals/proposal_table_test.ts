/** Proposals as columns: each comes out as it was put, also after it was copied from table to table. */
import { assertEquals } from "@std/assert";
import { syntheticCluster } from "../../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import { drain } from "../../../lib/steps.ts";
import { placedPlanSteps } from "../../../planner/plan.ts";
import { type Phrase, ProposalStore } from "../../../planner/proposals/proposal_store.ts";
import { type ProposalTable, tidied } from "../../../planner/proposals/proposal_table.ts";
import type { Topology } from "../../../planner/topology.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { TableWriting } from "../../../planner/proposals/table_writing.ts";
import { previousOf, type PreviousPlan } from "../../../planner/previous.ts";
import { constraintWith } from "../clusters.ts";
import { changedLoads } from "../replan/replans.ts";

// So little that columns have to be made longer.
const ROOM = { proposals: 4, replicas: 1, moves: 0 };
const NUMBERED: Phrase = { goal: "DiskCapacityGoal", metric: "disk", begin: "disk ", end: " MB" };
const WHOLE: Phrase = { goal: "", metric: undefined, begin: "for no goal", end: undefined };

function brokerOf(id: number): Topology["brokers"][number] {
  return {
    id,
    host: `h${id}`,
    rack: `r${id}`,
    state: "alive",
    capacity: [100, 100, 100, 100],
    cores: 1,
    capacityEstimated: false,
    logDirs: ["/x", "/y"].map((path) => ({ path, alive: true, capacityMb: 50 })),
  };
}

/** Partitions of two replicas of two topics, and a topic that is empty. */
const INPUT: Topology = {
  brokers: [10, 11, 12].map(brokerOf),
  topicNames: ["a", "empty", "b"],
  partitionStart: Int32Array.of(0, 2, 2, 4),
  partitionNumber: Int32Array.of(0, 1, 0, 5),
  replicaStart: Int32Array.of(0, 2, 4, 6, 8),
  replicaBroker: Int32Array.of(0, 1, 1, 2, 2, 0, 0, 1),
  replicaLogDir: new Int16Array(8).fill(-1),
  replicaOffline: new Uint8Array(8),
  leaderReplica: Int32Array.of(0, 3, 4, -1),
};

function putMove(writing: TableWriting, phrase: number, figure: number): void {
  writing.store.putMove({ from: 0, to: 2, phrase, amount: 12.5 });
  for (let i = 0; i < 4; i++) writing.store.putFigure(i, figure + i);
}

/** Of partitions 3 and 1; the first phrase is not spoken. */
function twoProposals(): ProposalTable {
  const writing = new TableWriting(ROOM);
  writing.store.phraseOf({ ...WHOLE, begin: "never said" });
  const [numbered, whole] = [writing.store.addPhrase(NUMBERED), writing.store.phraseOf(WHOLE)];
  assertEquals(writing.store.phraseOf({ ...WHOLE }), whole);
  writing.begin(3, 0, 7);
  for (const b of [1, 2]) writing.store.putReplica(b, -1);
  putMove(writing, numbered, 5);
  writing.store.putMove({ from: 1, to: 1, phrase: whole, amount: 0 });
  writing.begin(1, 4, 9);
  for (const b of [2, 1]) writing.store.putReplica(b, -1);
  return writing.finish(INPUT);
}

const [OF_B_5, OF_A_1] = [
  {
    topic: "b",
    partition: 5,
    sizeMb: 7,
    oldLeader: -1,
    oldReplicas: [{ brokerId: 10 }, { brokerId: 11 }],
    newReplicas: [{ brokerId: 11 }, { brokerId: 12 }],
    reasons: [
      {
        goal: "DiskCapacityGoal",
        from: 10,
        to: 12,
        why: "disk 12.5 MB",
        metric: "disk",
        figures: [5, 6, 7, 8],
      },
      { goal: "", from: 11, to: 11, why: "for no goal" },
    ],
  },
  {
    topic: "a",
    partition: 1,
    sizeMb: 9,
    oldLeader: 12,
    oldReplicas: [{ brokerId: 11 }, { brokerId: 12 }],
    newReplicas: [{ brokerId: 12 }, { brokerId: 11 }],
    reasons: [],
    group: 4,
  },
] as const;

Deno.test("ProposalTable gives proposals as they were put, one by one and in parts", () => {
  const table = twoProposals();
  assertEquals([...table], [OF_B_5, OF_A_1]);
  assertEquals([table.length, table.at(1), table.at(2)], [2, OF_A_1, undefined]);
  assertEquals([table.slice(1, 9), table.slice(2)], [[OF_A_1], []]);
});

Deno.test("TableWriting.copy() takes proposals over, which stay as they are in the table before", () => {
  const before = twoProposals();
  const writing = new TableWriting(ROOM, before);
  writing.copy(1, 1);
  writing.change(writing.length - 1, 0);
  writing.begin(0, 0, 1);
  writing.store.putReplica(0, -1);
  putMove(writing, writing.store.phraseOf(WHOLE), 0);
  writing.copy(0, 2);
  writing.change(writing.length - 1, 6, 11);
  const table = writing.finish(INPUT);
  const { group: _, ...alone } = OF_A_1;
  assertEquals(table.at(0), alone);
  assertEquals(table.at(1)!.reasons[0]!.why, "for no goal");
  assertEquals(table.slice(2), [OF_B_5, { ...OF_A_1, group: 6, sizeMb: 11 }]);
  assertEquals([...before], [OF_B_5, OF_A_1]);
  assertEquals(table.store, before.store);
});

Deno.test("a size that stays takes no row", () => {
  const before = twoProposals();
  const { rows } = before.store;
  const writing = new TableWriting(ROOM, before);
  writing.copy(0, 2);
  writing.change(0, 3, 7);
  assertEquals(writing.finish(INPUT).at(0), { ...OF_B_5, group: 3 });
  assertEquals(before.store.rows, rows);
});

Deno.test("tidied() makes a store anew once half as much again is idle, with the phrases that are spoken", () => {
  const before = twoProposals();
  const writing = new TableWriting(ROOM, before);
  writing.copy(0, 2);
  assertEquals(drain(tidied(writing.finish(INPUT))).store, before.store);
  writing.change(0, 0, 1);
  writing.change(0, 0, 2);
  const table = drain(tidied(writing.finish(INPUT)));
  assertEquals([...table], [{ ...OF_B_5, sizeMb: 2 }, OF_A_1]);
  assertEquals([table.store.rows, table.store.phrases], [2, [NUMBERED, WHOLE]]);
  assertEquals(table.store.phraseOf({ ...WHOLE }), 1);
  assertEquals([...before], [OF_B_5, OF_A_1]);
});

Deno.test("two tables that go on from one and grow side by side say each its own", () => {
  const before = twoProposals();
  const [one, other] = [new TableWriting(ROOM, before), new TableWriting(ROOM, before)];
  for (let size = 1; size <= 40; size++) {
    const writing = size % 2 === 0 ? one : other;
    writing.copy(size % 4 < 2 ? 0 : 1, 1);
    writing.change(writing.length - 1, 0, size);
    if (writing.length === ROOM.proposals) break;
  }
  const sizes = (writing: TableWriting) => writing.finish(INPUT).slice().map((made) => made.sizeMb);
  assertEquals([sizes(one), sizes(other)], [[2, 4, 6], [1, 3, 5, 7]]);
});

Deno.test("ProposalStore has log dirs from the first row that speaks of one", () => {
  const store = new ProposalStore(ROOM);
  store.begin(1);
  store.putReplica(1, -1);
  assertEquals(store.columns.logDir.length, 0);
  store.begin(1);
  store.putReplica(2, 3);
  store.putReplica(0, -1);
  assertEquals([...store.columns.logDir.subarray(0, 3)], [-1, 3, -1]);
});

Deno.test("ProposalTable tells of log dirs where a plan does", () => {
  const writing = new TableWriting(ROOM);
  writing.begin(0, 0, 1);
  writing.store.putReplica(1, 1);
  writing.store.putReplica(2, -1);
  const onDirs = { ...INPUT, replicaLogDir: Int16Array.of(0, 1, -1, -1, -1, -1, -1, -1) };
  const { oldReplicas, newReplicas } = writing.finish(onDirs).at(0)!;
  assertEquals(oldReplicas, [{ brokerId: 10, logDir: "/x" }, { brokerId: 11, logDir: "/y" }]);
  assertEquals(newReplicas, [{ brokerId: 11, logDir: "/y" }, { brokerId: 12 }]);
});

Deno.test("phrases and rows do not pile up from plan to plan", () => {
  const shape = {
    brokers: 12,
    replicas: 6_000,
    topics: 150,
    racks: 4,
    seed: 8,
    distribution: "exponential",
  } as const;
  let input = syntheticCluster(shape);
  let previous: PreviousPlan | undefined;
  let latest: ProposalStore | undefined;
  let tidyings = 0;
  for (let turn = 0; turn < 30; turn++) {
    const settings = plannerSettings(GOAL_NAMES, constraintWith(), { previous });
    const made = drain(placedPlanSteps(input, settings));
    const { plan, places } = made.ok ? made.value : { plan: undefined, places: undefined };
    const { store, partition } = places!.proposals;
    assertEquals(store.rows < 2 * partition.length, true, `turn ${turn}: ${store.rows}`);
    if (store !== latest) {
      tidyings++;
      const { moveStart, phrase } = store.columns;
      const spoken = new Set(phrase.subarray(0, moveStart[store.rows]));
      assertEquals(spoken.size, store.phrases.length, `turn ${turn}`);
    }
    latest = store;
    assertEquals(plan!.proposals.length, partition.length);
    previous = previousOf({ ...plan!, places }, previous);
    input = changedLoads(input, turn);
  }
  // The first plan's store counts as well.
  assertEquals([tidyings > 1, tidyings < 15], [true, true], `${tidyings}`);
});
