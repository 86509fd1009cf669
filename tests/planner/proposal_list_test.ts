/** Proposals are written straight from the model or from objects: the bytes are the same. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { syntheticCluster } from "../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { planText } from "../../model/plan_file.ts";
import type { Proposal } from "../../model/proposal.ts";
import { makeOutcome } from "../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../planner/settings.ts";
import { arbitraryCluster, constraintWith } from "./clusters.ts";

/** What a plan's file has, straight and by way of objects, and the objects. */
function bothTexts(
  input: ClusterInput,
  goals: readonly string[],
  options: Partial<PlannerSettings>,
) {
  const made = makeOutcome(
    input,
    plannerSettings(goals, constraintWith(), {
      stepsMax: 50_000,
      unmetHardGoals: "report",
      ...options,
    }),
  );
  // Such as the removal of the only broker.
  fc.pre(made.ok);
  assert(made.ok);
  const { summary, brokers } = made.value;
  const proposals = [...made.value.proposals()];
  const textOf = (list: ReturnType<typeof made.value.proposals> | readonly Proposal[]) =>
    [...planText({ summary, brokers, proposals: list }, { wallMs: 0, cpuMs: 0 })].join("");
  return { straight: textOf(made.value.proposals()), objects: textOf(proposals), proposals };
}

/** The same with all loads and capacities so many times as large. */
function scaled(input: ClusterInput, factor: number): ClusterInput {
  const times = (value: number) => value * factor;
  const capacityOf = ({ capacity: [cpu, nwIn, nwOut, disk] }: ClusterInput["brokers"][number]) =>
    [times(cpu), times(nwIn), times(nwOut), times(disk)] as const;
  return {
    ...input,
    brokers: input.brokers.map((broker) => ({ ...broker, capacity: capacityOf(broker) })),
    leaderLoad: input.leaderLoad.map(times),
    followerLoad: input.followerLoad.map(times),
    replicaDiskMb: input.replicaDiskMb.map(times),
  };
}

/** Beginnings of the sentences that the cases below are known to bring about. */
const SENTENCES = [
  "another replica is on rack",
  "the replica is offline",
  "makes room",
  "replicas ",
  "disk ",
  "leaders ",
];

Deno.test("ProposalList.putSome() writes what planBytes() makes of its objects", () => {
  const cases: readonly Partial<PlannerSettings>[] = [
    {},
    { operation: "remove_broker", brokerIds: [0] },
    { operation: "demote_broker", brokerIds: [0] },
    { operation: "add_broker", brokerIds: [0] },
  ];
  const said = new Set<string>();
  let groups = 0;
  fc.assert(
    fc.property(arbitraryCluster(), fc.nat({ max: cases.length - 1 }), (input, k) => {
      const { straight, objects, proposals } = bothTexts(input, GOAL_NAMES, cases[k]!);
      assertEquals(straight, objects);
      for (const { reasons, group } of proposals) {
        if (group !== undefined) groups++;
        for (const { why } of reasons) {
          said.add(SENTENCES.find((start) => why.startsWith(start)) ?? "");
        }
      }
    }),
    { seed: 20267, numRuns: 60 },
  );
  for (const start of SENTENCES) assert(said.has(start), `no reason says "${start}"`);
  assert(groups > 0);
});

Deno.test("ProposalList.putSome() writes numbers of any size as its objects have them", () => {
  const sizes = { tiny: 0, long: 0 };
  const factor = fc.constantFrom(1e-6, 1e-3, 1e3, 1e6, 1e9);
  fc.assert(
    fc.property(arbitraryCluster(), factor, (input, by) => {
      const { straight, objects, proposals } = bothTexts(scaled(input, by), GOAL_NAMES, {});
      assertEquals(straight, objects);
      for (const figure of proposals.flatMap(({ reasons }) => reasons.flatMap((r) => r.figures))) {
        if (figure! > 0 && figure! < 1) sizes.tiny++;
        if (figure! >= 1e9) sizes.long++;
      }
    }),
    { seed: 20269, numRuns: 40 },
  );
  assert(sizes.tiny > 0 && sizes.long > 0);
});

Deno.test("ProposalList.putSome() writes reasons that name topics, or brokers alone, as its objects have them", () => {
  const said = { topics: 0, leaders: 0 };
  for (const hetero of [false, true]) {
    const input = syntheticCluster({
      ...{ brokers: 20, replicas: 24_000, topics: 1500, racks: 10, seed: 1 },
      distribution: "exponential",
      hetero,
    });
    // Names that are longer in JSON, also in bytes.
    const topicNames = input.topicNames.map((name, t) =>
      t % 3 === 0 ? `${name} "née"\\` : t % 3 === 1 ? name : name.padEnd(250, "z")
    );
    const named = { ...input, topicNames };
    const { straight, objects, proposals } = bothTexts(named, GOAL_NAMES, {});
    assert(straight === objects);
    for (const { why } of proposals.flatMap(({ reasons }) => reasons)) {
      if (/replicas of topic .* on broker \d+, at most \d+ wanted$/.test(why)) said.topics++;
      if (why.includes("has to lead more of the bytes in")) said.leaders++;
    }
  }
  assert(said.topics > 20 && said.leaders > 20, JSON.stringify(said));
});
