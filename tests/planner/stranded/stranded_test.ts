/** What is said of replicas that stay offline: what is claimed to be impossible is, and nothing else is claimed to be. */
import { assert, assertEquals } from "@std/assert";
import { setOfTopic } from "../../../goals/broker_sets.ts";
import { drain } from "../../../lib/steps.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import { makePlan } from "../../../planner/plan.ts";
import { prepareSteps } from "../../../planner/prepare.ts";
import { type PlannerSettings, plannerSettings } from "../../../planner/settings.ts";
import { unmetAfter } from "../../../planner/unmet.ts";
import { constraintWith, handInput, HARD_GOALS } from "../clusters.ts";
import { canKeep } from "../every_placement.ts";
import { planted } from "./planted.ts";

const LOAD = [1, 100, 100, 1000] as const;
const OPEN = "This is no proof that no plan can; another broker gives room, or a higher threshold";

function settingsOf(
  options: Partial<PlannerSettings> = {},
  goals = HARD_GOALS,
  constraint = constraintWith(),
): PlannerSettings {
  return plannerSettings(goals, constraint, { unmetHardGoals: "report", ...options });
}

/** What would be said if the plan left everything where it is. */
function unmetAtHome(input: ClusterInput, settings = settingsOf()) {
  const prepared = drain(prepareSteps(input, settings));
  assert(prepared.ok, prepared.ok ? "" : prepared.failure.message);
  return unmetAfter(prepared.value, prepared.value.searchOf(0))[0];
}

function unmetOf(input: ClusterInput, settings = settingsOf()) {
  const made = makePlan(input, settings);
  assert(made.ok, made.ok ? "" : made.failure.message);
  return made.value.summary.unmet?.[0];
}

function isClaim(text: string): boolean {
  return text.includes("no alive broker may") || text.includes("none can be for") ||
    text.includes("at least");
}

Deno.test("unmetAfter() claims nothing to be impossible where a placement keeps all hard goals", () => {
  let left = 0;
  for (let seed = 0; seed < 120; seed++) {
    const brokers = 3 + seed % 6;
    const racks = 2 + seed % 3;
    const shape = { brokers, racks, partitions: 4 * brokers, factor: Math.min(3, racks, brokers) };
    const { input, gone } = planted(seed, { ...shape, slack: 0.002 }, seed % 2 === 0);
    const operation = seed % 2 === 0
      ? {}
      : { operation: "remove_broker", brokerIds: gone } as const;
    const unmet = unmetAtHome(input, settingsOf(operation));
    if (unmet === undefined) continue;
    left++;
    const claims = [unmet.message, ...unmet.details].filter(isClaim);
    assertEquals(claims, [], `seed ${seed}`);
  }
  assert(left > 100, `${left} clusters with replicas to be moved`);
});

Deno.test("makePlan() claims only of what no placement at all can keep that no broker may take it", () => {
  let claimed = 0;
  for (let seed = 0; seed < 150; seed++) {
    const shape = { brokers: 3, racks: 2 + seed % 2, partitions: 4, factor: 2 + seed % 2 };
    const { input } = planted(seed, { ...shape, slack: -0.3 + 0.2 * (seed % 3) });
    const settings = settingsOf({
      excludedForReplicaMove: seed % 5 === 0 ? [1] : [],
      excludedTopics: seed % 4 === 0 ? "T1" : "",
    });
    const unmet = unmetOf(input, settings);
    if (unmet?.goal !== "" || !isClaim(unmet.message)) continue;
    claimed++;
    assert(!canKeep(input, settings), `seed ${seed}: ${unmet.message}`);
  }
  assert(claimed > 20, `${claimed} claims`);
});

Deno.test("makePlan() says what the nearest brokers lack for a replica that it leaves offline", () => {
  // Together brokers 1 to 3 have room for it, each alone has not.
  const input = handInput(
    [0, 1, 2, 3].map((id) => ({
      id,
      rack: `r${id}`,
      capacity: [100, 1e6, 1e6, 10_000 + id * 100] as const,
      state: id === 0 ? "dead" as const : "alive" as const,
    })),
    [
      { topic: "T", id: 0, replicas: [0], load: [1, 1, 1, 3000] },
      ...[1, 2, 3].map((id) => ({
        topic: "U",
        id,
        replicas: [id],
        load: [1, 1, 1, 6800] as const,
      })),
    ],
  );
  assertEquals(unmetOf(input), {
    goal: "",
    message: "Cannot move 1 offline replica: no plan was found under DiskCapacityGoal",
    details: [
      "T-0 on broker 0: broker 3 lacks 1560 MB of disk; broker 2 lacks 1640 MB of disk; broker 1 lacks 1720 MB of disk",
      OPEN,
    ],
  });
});

Deno.test("makePlan() does not blame racks for what limits keep out", () => {
  const input = handInput(
    [0, 1, 2].map((id) => ({
      id,
      rack: `r${id}`,
      capacity: [100, 1e6, 1e6, 5000] as const,
      state: id === 0 ? "dead" as const : "alive" as const,
    })),
    [{ topic: "T", id: 0, replicas: [0], load: [1, 1, 1, 4001] }],
  );
  assertEquals(unmetOf(input), {
    goal: "",
    message: "Cannot move 1 offline replica: no alive broker may take it under DiskCapacityGoal",
    details: [
      "T-0 on broker 0: 2 brokers may take less than its 4001 MB of disk (DiskCapacityGoal)",
      "Add at least 1 broker that may hold the replica",
      "Cannot meet DiskCapacityGoal: T-0 needs 4001 MB of disk on one broker, no broker may hold more than 4000 MB",
      "Add at least 1 broker for disk with a total capacity of 5001.26, or split the partition.",
    ],
  });
});

Deno.test("makePlan() recommends a broker on another rack where the others are taken or too small", () => {
  const input = handInput([
    { id: 0, rack: "a", state: "dead" },
    { id: 1, rack: "b" },
    { id: 2, rack: "b" },
    { id: 3, rack: "c", capacity: [100, 1e6, 1e6, 1000] },
  ], [{ topic: "T", id: 0, replicas: [0, 1], leader: 1, load: LOAD }]);
  const unmet = unmetOf(input)!;
  assertEquals(
    unmet.message,
    "Cannot move 1 offline replica: no alive broker may take it under RackAwareGoal and DiskCapacityGoal",
  );
  assertEquals(unmet.details.slice(0, 2), [
    "T-0 on broker 0: 1 of the 2 replicas of its partition can be on racks with alive brokers at most; broker 3 may take less than its 1000 MB of disk (DiskCapacityGoal)",
    "Add at least 1 broker on a rack that no other replica of the partition is on",
  ]);
});

Deno.test("makePlan() names a request that closes the brokers which could take a replica", () => {
  const input = handInput([
    { id: 0, rack: "a", state: "dead" },
    { id: 1, rack: "b" },
    { id: 2, rack: "c" },
    { id: 3, rack: "d" },
  ], [{ topic: "T", id: 0, replicas: [0, 1], leader: 1, load: LOAD }]);
  const unmet = unmetOf(input, settingsOf({ excludedForReplicaMove: [2, 3] }));
  assertEquals(unmet?.message, "Cannot move 1 offline replica: no alive broker may take it");
  assertEquals(unmet?.details, [
    "T-0 on broker 0: 1 of the 2 replicas of its partition can be on different alive brokers at most; 2 brokers may receive no replicas",
    "Let more brokers receive replicas",
  ]);
});

Deno.test("makePlan() names the broker set that has no room for a replica", () => {
  // Topic T belongs to set "b", of which broker 0 is dead and broker 1 too small.
  const brokerSets = new Map([[0, "b"], [1, "b"], [2, "a"]]);

  assertEquals(setOfTopic("T", ["a", "b"]), "b");
  const input = handInput([
    { id: 0, rack: "a", state: "dead" },
    { id: 1, rack: "b", capacity: [100, 1e6, 1e6, 1000] },
    { id: 2, rack: "c" },
  ], [{ topic: "T", id: 0, replicas: [0], load: LOAD }]);
  const constraint = { ...constraintWith(), brokerSets };
  const unmet = unmetOf(
    input,
    settingsOf({}, ["BrokerSetAwareGoal", "DiskCapacityGoal"], constraint),
  );
  assertEquals(
    unmet?.message,
    "Cannot move 1 offline replica: no alive broker may take it under BrokerSetAwareGoal and DiskCapacityGoal",
  );
  assertEquals(unmet?.details.slice(0, 2), [
    "T-0 on broker 0: broker 1 may take less than its 1000 MB of disk (DiskCapacityGoal); broker 2 is ruled out by BrokerSetAwareGoal",
    "Add at least 1 broker to the broker set of the topic",
  ]);
});

Deno.test("makePlan() tells nobody to remove racks while a replica stays offline", () => {
  const brokers = [0, 1, 2, 3, 4, 5].map((id) => ({
    id,
    rack: `r${id}`,
    capacity: [100, 1e6, 1e6, 10_000] as const,
    state: id === 0 ? "dead" as const : "alive" as const,
  }));
  const small = { topic: "T", id: 0, replicas: [0], load: LOAD };
  const full = [1, 2, 3, 4, 5].map((id) => ({
    topic: "U",
    id,
    replicas: [id],
    load: [1, 1, 1, 7100] as const,
  }));
  const provision = (partitions: Parameters<typeof handInput>[1], options = {}) => {
    const made = makePlan(handInput(brokers, partitions), settingsOf(options));
    assert(made.ok);
    return made.value.summary.provision;
  };
  const racks = ["[RackAwareGoal] Remove at least 3 racks with brokers."];
  assertEquals(provision([small]), { status: "OVER_PROVISIONED", recommendations: racks });
  assertEquals(provision([small, ...full]), {
    status: "UNDER_PROVISIONED",
    recommendations: [
      "[DiskCapacityGoal] Another broker gives room: no plan was found, nor proof that there is none.",
    ],
  });
  const budget = { maxMoves: 0 };
  assertEquals(provision([small], { budget }), { status: "UNDECIDED", recommendations: [] });
  const large = { topic: "T", id: 0, replicas: [0], load: [1, 1, 1, 8001] as const };
  assertEquals(provision([large]), {
    status: "UNDER_PROVISIONED",
    recommendations: [
      "[DiskCapacityGoal] Add at least 1 broker for disk with a total capacity of 10001.26, or split the partition. Add at least 1 broker that may hold the replica.",
    ],
  });
  const excludedForReplicaMove = [1, 2, 3, 4, 5];
  const { status } = provision([small], { excludedForReplicaMove });
  assertEquals(status, "UNDECIDED");
});

Deno.test("makePlan() counts what has to stay on a broker to what leaves no room there", () => {
  const input = handInput([
    { id: 0, rack: "a", state: "dead" },
    { id: 1, rack: "b", capacity: [100, 1e6, 1e6, 10_000] },
  ], [
    { topic: "T", id: 0, replicas: [0], load: LOAD },
    { topic: "stays", id: 0, replicas: [1], load: [1, 1, 1, 7500] },
  ]);
  const message = (excludedTopics: string) =>
    unmetAtHome(input, settingsOf({ excludedTopics }))?.message.split(":")[1];
  assertEquals(message("stays"), " no alive broker may take it under DiskCapacityGoal");
});
