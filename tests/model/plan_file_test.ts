/** The text of a plan file against `JSON.stringify` of what it is to say. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parsePlan, planText } from "../../model/plan_file.ts";
import type { PlanSummary } from "../../model/plan.ts";
import type { Placement, Proposal, ProposalReason } from "../../model/proposal.ts";

/** What files hold of a plan beside its proposals is written by `JSON.stringify` itself. */
const SUMMARY = { steps: 7, seed: 1 } as PlanSummary;

/** Figures as plans have them: whole, or with three digits behind the point. */
const figure = fc.oneof(
  fc.integer({ min: 0, max: 3_000_000_000 }),
  fc.integer({ min: 0, max: 999_999 }).map((thousandths) => thousandths / 1000),
  fc.constantFrom(0, 0.001, 0.01, 0.1, 999.999, 2 ** 31, 2 ** 53),
);

const reason: fc.Arbitrary<ProposalReason> = fc.record({
  goal: fc.constantFrom("", "RackAwareGoal", 'a "goal" of another plan'),
  from: fc.nat(9),
  to: fc.nat(9),
  why: fc.string({ unit: "binary" }),
  metric: fc.constantFrom("disk", "cpu"),
  figures: fc.tuple(figure, figure, figure, figure),
}, { requiredKeys: ["goal", "from", "to", "why"] })
  // Those that have one have both.
  .map(({ metric, figures, ...rest }) =>
    metric === undefined || figures === undefined ? rest : { ...rest, metric, figures }
  );

function placements(withDirs: boolean): fc.Arbitrary<Placement[]> {
  return fc.uniqueArray(
    fc.record({ brokerId: fc.nat(9), ...(withDirs ? { logDir: fc.string() } : {}) }),
    { selector: ({ brokerId }) => brokerId, minLength: 1, maxLength: 4 },
  );
}

const proposal: fc.Arbitrary<Proposal> = fc.boolean().chain((withDirs) =>
  fc.record({
    topic: fc.string({ unit: "binary", minLength: 1 }),
    partition: fc.nat(),
    sizeMb: fc.integer({ min: 0, max: 9_999_999 }).map((thousandths) => thousandths / 1000),
    oldLeader: fc.integer({ min: -1, max: 9 }),
    oldReplicas: placements(withDirs),
    newReplicas: placements(withDirs),
    reasons: fc.array(reason, { maxLength: 3 }),
    group: fc.nat(),
  }, {
    requiredKeys: [
      "topic",
      "partition",
      "sizeMb",
      "oldLeader",
      "oldReplicas",
      "newReplicas",
      "reasons",
    ],
  })
);

/** A proposal as plan files say it. */
function written(given: Proposal) {
  const { sizeMb, oldReplicas, newReplicas, group, reasons, ...rest } = given;
  const ids = (list: readonly Placement[]) => list.map(({ brokerId }) => brokerId);
  const dirs = (list: readonly Placement[]) => list.map(({ logDir }) => logDir ?? "any");
  const added = ids(newReplicas).filter((id) => !ids(oldReplicas).includes(id)).length;
  return {
    topic: rest.topic,
    partition: rest.partition,
    oldLeader: rest.oldLeader,
    oldReplicas: ids(oldReplicas),
    newReplicas: ids(newReplicas),
    ...(newReplicas.some(({ logDir }) => logDir !== undefined)
      ? { oldLogDirs: dirs(oldReplicas), newLogDirs: dirs(newReplicas) }
      : {}),
    mbToMove: Math.round(added * sizeMb * 1000) / 1000,
    reasons: reasons.map(({ goal, from, to, why, metric, figures }) => ({
      goal,
      from,
      to,
      why,
      ...(metric === undefined ? {} : { metric, figures }),
    })),
    ...(group === undefined ? {} : { group }),
  };
}

Deno.test("planText() is what JSON.stringify makes of each proposal, a line each", () => {
  fc.assert(
    fc.property(fc.array(proposal, { maxLength: 5 }), (proposals) => {
      const plan = { summary: SUMMARY, brokers: [], proposals };
      const text = [...planText(plan, { wallMs: 1, cpuMs: 2 })].join("");
      const lines = proposals.map((one) => JSON.stringify(written(one)));
      assertEquals(
        text,
        `{"version":1,\n"proposals":[${lines.map((line) => `\n${line}`).join(",")}],\n` +
          `"summary":{"wallMs":1,"cpuMs":2,"steps":7,"seed":1},\n"brokers":[]}\n`,
      );
      const read = parsePlan(text);
      assert(read.ok);
      assertEquals(read.value.partitions.map(({ topic }) => topic), proposals.map((p) => p.topic));
    }),
    { seed: 20261, numRuns: 300 },
  );
});
