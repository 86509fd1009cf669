/**
 * What is said before the search: goals that no plan can meet, and what is left alone.
 *
 * @module
 */
import { INTRA_BROKER_GOALS } from "../goals/intra_broker_disk.ts";
import { canLead } from "../goals/preferred_leader_election.ts";
import { countOf } from "../lib/count_of.ts";
import { DEMOTED, partitionName } from "../model/cluster_model.ts";
import type { Prepared } from "./prepared.ts";
import type { PlannerSettings } from "./settings.ts";
import { leastWidth } from "./sizing/wider.ts";

/** Partitions named one by one. */
const NAMED_MAX = 10;

/** A sentence for each goal that no plan can meet, hard or soft, with what would help, and for what is left alone: known before the search. */
export function* noticeSteps(
  prepared: Prepared,
  { findsEnough }: Pick<PlannerSettings, "findsEnough">,
): Generator<void, string[], void> {
  const goals: string[] = [];
  for (const planned of prepared.goals) {
    const { goal, infeasible } = planned;
    if (infeasible === undefined) continue;
    const help = infeasible.recommendation ?? "Widen the goal's threshold, or leave it out.";
    const least = findsEnough === true ? yield* leastWidth(prepared, planned) : undefined;
    const needed = least === undefined
      ? ""
      : ` ${least.width.key}=${least.value} is needed at least (now ${
        least.width.of(prepared.context.constraint)
      }).`;
    goals.push(`No plan can meet ${goal.name}: ${infeasible.reason}. ${help}${needed}`);
  }
  return [...goals, ...leftOffline(prepared), ...withoutLogDirs(prepared), ...stillLed(prepared)];
}

/** Whoever takes leadership off a broker to restart it should know what it goes on leading: what has no replica that may lead instead. */
function stillLed({ model, context }: Prepared): string[] {
  const isDemoting = model.withinBrokers && model.flags.some((flag) => (flag & DEMOTED) !== 0);
  if (!isDemoting) return [];
  const { partitionCount, replicaStart, leader, broker, flags, input } = model;
  const named: string[] = [];
  const leading = new Set<number>();
  let count = 0;
  for (let p = 0; p < partitionCount; p++) {
    const led = broker[leader[p]!]!;
    if ((flags[led]! & DEMOTED) === 0) continue;
    let r = replicaStart[p]!;
    while (r < replicaStart[p + 1]! && !canLead(context, r)) r++;
    if (r < replicaStart[p + 1]! && model.pinned[p] === 0) continue;
    leading.add(input.brokers[led]!.id);
    if (++count <= NAMED_MAX) named.push(partitionName(model, p));
  }
  if (count === 0) return [];
  const ids = [...leading].sort((a, b) => a - b);
  const whose = ids.length === 1 ? `Broker ${ids[0]} goes` : `Brokers ${ids.join(", ")} go`;
  return [
    `${whose} on leading ${
      countOf(count, "partition")
    }, of which no other replica may lead, or which stay as they are: ${named.join(", ")}${
      count > NAMED_MAX ? ", ..." : ""
    }.`,
  ];
}

function leftOffline({ model: { withinBrokers, offlineReplicas } }: Prepared): string[] {
  if (!withinBrokers || offlineReplicas.length === 0) return [];
  const count = countOf(offlineReplicas.length, "offline replica");
  return [
    `The plan leaves ${count} alone, since it moves nothing between brokers: fix_offline_replicas heals them.`,
  ];
}

/** Whoever asks for log dirs alone should know that there is nothing to choose between. */
function withoutLogDirs({ goals, model }: Prepared): string[] {
  const isAboutDirs = (name: string) => INTRA_BROKER_GOALS.some((goal) => goal === name);
  if (!goals.every(({ goal }) => isAboutDirs(goal.name))) return [];
  const { brokers } = model.input;
  if (brokers.some(({ logDirs }) => logDirs.length > 1)) return [];
  return brokers.some(({ logDirs }) => logDirs.length > 0)
    ? ["No broker has more than one log dir: nothing can move between them."]
    : ["The log dirs of the brokers are not known: nothing can move between them."];
}
