/**
 * Plan files: our own, version 1, and Kafka's reassignment JSON.
 *
 * @module
 */
import { ByteText } from "../lib/byte_text.ts";
import { fail, ok, type Result } from "../lib/failure.ts";
import { readBytes } from "./files.ts";
import type { Plan, PlanSummary } from "./plan.ts";
import { numberText } from "./number_text.ts";
import { claimsOf, objectOf, type PlanClaims } from "./plan_claims.ts";
import { type PlanRequest, readRequest } from "./plan_request.ts";
import {
  mbToMove,
  type Metric,
  METRICS,
  type MoveFigures,
  type Proposal,
  type ProposalReason,
} from "./proposal.ts";

/** Version of the plan file that is written and read. */
export const PLAN_VERSION = 1;

/** Characters gathered before they are handed on. */
const CHUNK_CHARACTERS = 1 << 13;

/** Bytes gathered before they are handed on, and room for what goes beyond. */
const CHUNK_BYTES = 1 << 19;
const CHUNK_ROOM = 1 << 14;

/** What a plan file is written from. */
export interface PlanSource {
  /** What it was made for, where that is to be said. */
  readonly request?: PlanRequest;
  readonly summary: PlanSummary;
  readonly brokers: Plan["brokers"];
  readonly proposals: Iterable<Proposal> | WrittenProposals;
}

/** Figures of a plan file that differ from run to run. */
export interface RunFigures {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Proposals that write themselves, for plans too large to make objects of them first. */
export interface WrittenProposals {
  /** Puts some more proposals behind a text, as {@link planBytes} has them, up to about `most` bytes; false when none is left. */
  putSome(text: ByteText, most: number): boolean;
}

/**
 * The bytes of a plan file in pieces, each of which is overwritten by the next. The same plan and figures give the same bytes.
 */
export function* planBytes(
  plan: PlanSource,
  figures: RunFigures,
): Generator<Uint8Array<ArrayBuffer>, void> {
  const text = new ByteText(CHUNK_BYTES + CHUNK_ROOM);
  const { proposals, request } = plan;
  const asked = request === undefined ? "" : `"request":${JSON.stringify(request)},\n`;
  text.putText(`{"version":${PLAN_VERSION},\n${asked}"proposals":[`);
  const written = "putSome" in proposals ? proposals : writtenOf(proposals);
  while (written.putSome(text, CHUNK_BYTES)) {
    if (text.length >= CHUNK_BYTES) yield text.take();
  }
  text.putText(`],\n"summary":${JSON.stringify({ ...figures, ...plan.summary })},\n"brokers":[`);
  text.putText(plan.brokers.map((broker) => `\n${JSON.stringify(broker)}`).join(","));
  text.putText("]}\n");
  yield text.take();
}

/** The same as text in pieces. */
export function* planText(plan: PlanSource, figures: RunFigures): Generator<string, void> {
  const decoder = new TextDecoder();
  for (const piece of planBytes(plan, figures)) yield decoder.decode(piece);
}

/** Writes proposals as objects have them. */
export function writtenOf(proposals: Iterable<Proposal>): WrittenProposals {
  const iterator = proposals[Symbol.iterator]();
  const names: Names = { topics: new Map(), goals: new Map() };
  let gap: string = BETWEEN.first;
  return {
    putSome(into) {
      let text = "";
      while (text.length < CHUNK_CHARACTERS) {
        const next = iterator.next();
        if (next.done === true) break;
        text = withProposal(text + gap, next.value, names);
        gap = BETWEEN.next;
      }
      into.putText(text);
      return text !== "";
    },
  };
}

/** How proposals of a topic begin, and reasons of a goal: a plan has few of them, and each many times. */
interface Names {
  readonly topics: Map<string, string>;
  readonly goals: Map<string, string>;
}

/** What stands between the parts of a proposal. */
export const BETWEEN = {
  first: "\n",
  next: ",\n",
  topic: '{"topic":',
  partition: ',"partition":',
  oldLeader: ',"oldLeader":',
  oldReplicas: ',"oldReplicas":[',
  newReplicas: '],"newReplicas":[',
  mbToMove: '],"mbToMove":',
  reasons: ',"reasons":[',
  goal: '{"goal":',
  from: ',"from":',
  to: ',"to":',
  why: ',"why":',
  metric: ',"metric":',
  figures: ',"figures":[',
  figuresEnd: "]}",
  group: '],"group":',
  groupEnd: "}",
  end: "]}",
} as const;

/** What stands between the sentence of a reason and its figures. */
export function figuresOf(metric: Metric): string {
  return FIGURES_OF[metric];
}

const FIGURES_OF = Object.fromEntries(
  Object.keys(METRICS).map((metric) => [
    metric,
    `${BETWEEN.metric}"${metric}"${BETWEEN.figures}`,
  ]),
) as Record<Metric, string>;

/** Appends piece by piece to one text: half a million texts of their own would be copied once more. */
function withProposal(before: string, proposal: Proposal, { topics, goals }: Names): string {
  const { topic, oldReplicas, newReplicas, reasons, group } = proposal;
  let begin = topics.get(topic);
  if (begin === undefined) {
    topics.set(topic, begin = BETWEEN.topic + quoted(topic) + BETWEEN.partition);
  }
  let text = before + begin + proposal.partition + BETWEEN.oldLeader + proposal.oldLeader +
    BETWEEN.oldReplicas + ids(oldReplicas) + BETWEEN.newReplicas + ids(newReplicas);
  if (hasLogDirs(newReplicas)) {
    text += '],"oldLogDirs":' + dirs(oldReplicas) + ',"newLogDirs":' + dirs(newReplicas) +
      ',"mbToMove":';
  } else text += BETWEEN.mbToMove;
  text += numberText(Math.round(mbToMove(proposal) * 1000) / 1000);
  let gap: string = BETWEEN.reasons;
  for (let i = 0; i < reasons.length; i++) {
    const { goal, from, to, why, metric, figures } = reasons[i]!;
    let asked = goals.get(goal);
    if (asked === undefined) goals.set(goal, asked = BETWEEN.goal + quoted(goal) + BETWEEN.from);
    text += gap + asked + from + BETWEEN.to + to + BETWEEN.why + quoted(why);
    if (metric === undefined || figures === undefined) text += "}";
    else {
      text += FIGURES_OF[metric] + numberText(figures[0]) + "," + numberText(figures[1]) + "," +
        numberText(figures[2]) + "," + numberText(figures[3]) + BETWEEN.figuresEnd;
    }
    gap = ",";
  }
  if (reasons.length === 0) text += gap;
  return text + (group === undefined ? BETWEEN.end : BETWEEN.group + group + BETWEEN.groupEnd);
}

function hasLogDirs(replicas: Proposal["newReplicas"]): boolean {
  for (let i = 0; i < replicas.length; i++) if (replicas[i]!.logDir !== undefined) return true;
  return false;
}

/** `JSON.stringify` of a text, without its cost for the usual plain one. */
export function quoted(text: string): string {
  return /[^ !#-[\]-~]/.test(text) ? JSON.stringify(text) : '"' + text + '"';
}

function ids(replicas: Proposal["oldReplicas"]): string {
  let text = "";
  for (let i = 0; i < replicas.length; i++) {
    text += i === 0 ? replicas[i]!.brokerId : "," + replicas[i]!.brokerId;
  }
  return text;
}

function dirs(replicas: Proposal["oldReplicas"]): string {
  return JSON.stringify(replicas.map((replica) => replica.logDir ?? "any"));
}

/** The text of Kafka's reassignment JSON, as `kafka-reassign-partitions` reads it, in pieces. */
export function* reassignmentText(proposals: Iterable<Proposal>): Generator<string, void> {
  let text = `{"version":1,"partitions":[`;
  let first = true;
  for (const proposal of proposals) {
    const logDirs = proposal.newReplicas.map((replica) => quoted(replica.logDir ?? "any"));
    text += `${first ? "" : ","}\n{"topic":${
      quoted(proposal.topic)
    },"partition":${proposal.partition},"replicas":[${ids(proposal.newReplicas)}],"log_dirs":[${
      logDirs.join(",")
    }]}`;
    first = false;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield text;
    text = "";
  }
  yield `${text}]}\n`;
}

/** One partition of a plan file of any kind. */
export interface PlannedPartition {
  readonly topic: string;
  readonly partition: number;
  /** Broker ids; the first is the leader afterwards. */
  readonly newReplicas: readonly number[];
  /** What the plan says was there before; undefined in Kafka's format. */
  readonly oldReplicas: readonly number[] | undefined;
  /** MB that are to be copied, as far as the plan says. */
  readonly mbToMove?: number;
  /** Which broker leads before, as far as the plan says. */
  readonly oldLeader?: number;
  /** Log dirs of the new replicas, "any" = not said; undefined when the plan says nothing. */
  readonly newLogDirs?: readonly string[];
  /** Which replica went where, from the plan's reasons; empty in Kafka's format. */
  readonly moves: readonly { readonly from: number; readonly to: number }[];
  /** As they are in the file; empty in Kafka's format. */
  readonly reasons: readonly ProposalReason[];
  /** Proposals in a row with the same number fit together only; undefined = it stands by itself. */
  readonly group?: number;
}

/** A plan file as read. */
export interface ReadPlan {
  readonly format: "evenkeel" | "kafka";
  readonly partitions: readonly PlannedPartition[];
  /** What it was made for, as far as it says. */
  readonly request?: PlanRequest;
  /** What the plan claims about itself. */
  readonly claims: PlanClaims;
}

/** Reads a plan file of either kind. `invalid_file` when it cannot be read, naming the member. */
export async function readPlanFile(path: string): Promise<Result<ReadPlan>> {
  const bytes = await readBytes(path, "plan");
  if (!bytes.ok) return bytes;
  const parsed = parsePlan(new TextDecoder().decode(bytes.value));
  if (parsed.ok) return parsed;
  return fail("invalid_file", `Cannot read plan ${path}: ${parsed.failure.message}`);
}

/** Reads the text of a plan file; see {@link readPlanFile}. */
export function parsePlan(text: string): Result<ReadPlan> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail("invalid_file", error instanceof Error ? error.message : String(error));
  }
  const top = objectOf(value);
  if (top === undefined) return fail("invalid_file", "must be an object");
  if (top["version"] !== PLAN_VERSION) {
    return fail("invalid_file", `version: must be ${PLAN_VERSION}, got ${shown(top["version"])}`);
  }
  const format = top["proposals"] === undefined ? "kafka" : "evenkeel";
  const member = format === "kafka" ? "partitions" : "proposals";
  const list = top[member];
  if (list === undefined && top["topics"] !== undefined) {
    return fail("invalid_file", "topics: belongs to a cluster snapshot, not a plan");
  }
  if (!Array.isArray(list)) {
    return fail("invalid_file", `${member}: must be an array, got ${shown(list)}`);
  }
  const partitions: PlannedPartition[] = [];
  for (const [i, item] of list.entries()) {
    const read = partitionOf(item, `${member}[${i}]`, format);
    if (!read.ok) return read;
    partitions.push(read.value);
  }
  const request = readRequest(top);
  if (!request.ok) return request;
  const asked = request.value === undefined ? {} : { request: request.value };
  return ok({ format, partitions, ...asked, claims: claimsOf(top) });
}

function partitionOf(
  value: unknown,
  path: string,
  format: ReadPlan["format"],
): Result<PlannedPartition> {
  const item = objectOf(value);
  if (item === undefined) return fail("invalid_file", `${path}: must be an object`);
  if (typeof item["topic"] !== "string") {
    return fail("invalid_file", `${path}.topic: must be a string, got ${shown(item["topic"])}`);
  }
  if (!Number.isInteger(item["partition"])) {
    return fail(
      "invalid_file",
      `${path}.partition: must be an integer, got ${shown(item["partition"])}`,
    );
  }
  const wanted = format === "kafka" ? "replicas" : "newReplicas";
  const newReplicas = idsOf(item[wanted], `${path}.${wanted}`);
  if (!newReplicas.ok) return newReplicas;
  let oldReplicas: readonly number[] | undefined;
  if (format === "evenkeel") {
    const read = idsOf(item["oldReplicas"], `${path}.oldReplicas`);
    if (!read.ok) return read;
    oldReplicas = read.value;
  }
  return ok({
    topic: item["topic"],
    partition: item["partition"] as number,
    newReplicas: newReplicas.value,
    oldReplicas,
    ...(typeof item["oldLeader"] === "number" ? { oldLeader: item["oldLeader"] } : {}),
    ...(typeof item["mbToMove"] === "number" ? { mbToMove: item["mbToMove"] } : {}),
    ...logDirsOf(item[format === "kafka" ? "log_dirs" : "newLogDirs"]),
    reasons: reasonsOf(item["reasons"]),
    ...(typeof item["group"] === "number" ? { group: item["group"] } : {}),
    moves: movesOf(item["reasons"], newReplicas.value, oldReplicas ?? []),
  });
}

function logDirsOf(value: unknown): Pick<PlannedPartition, "newLogDirs"> {
  return Array.isArray(value) ? { newLogDirs: value.map(String) } : {};
}

function reasonsOf(value: unknown): ProposalReason[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item) => {
    const { from, to, goal, why, metric, figures } = objectOf(item) ?? {};
    return typeof from === "number" && typeof to === "number"
      ? [{
        from,
        to,
        goal: String(goal ?? ""),
        why: String(why ?? ""),
        ...measured(metric, figures),
      }]
      : [];
  });
}

function measured(
  metric: unknown,
  figures: unknown,
): Required<Pick<ProposalReason, "metric" | "figures">> | undefined {
  if (typeof metric !== "string" || !Object.hasOwn(METRICS, metric)) return undefined;
  const isGood = Array.isArray(figures) && figures.length === 4 &&
    figures.every((figure) => typeof figure === "number");
  if (!isGood) return undefined;
  return { metric: metric as Metric, figures: figures as unknown as MoveFigures };
}

/** Reasons of replicas come first, that of a leader change last. */
function movesOf(
  reasons: unknown,
  newReplicas: readonly number[],
  oldReplicas: readonly number[],
): PlannedPartition["moves"] {
  if (!Array.isArray(reasons)) return [];
  const added = newReplicas.filter((id) => !oldReplicas.includes(id)).length;
  return reasons.slice(0, added).flatMap((item) => {
    const reason = objectOf(item);
    const from = reason?.["from"];
    const to = reason?.["to"];
    return typeof from === "number" && typeof to === "number" ? [{ from, to }] : [];
  });
}

function idsOf(value: unknown, path: string): Result<readonly number[]> {
  if (!Array.isArray(value) || value.length === 0) {
    return fail("invalid_file", `${path}: must be an array of broker ids, got ${shown(value)}`);
  }
  for (const [i, id] of value.entries()) {
    if (!Number.isInteger(id)) {
      return fail("invalid_file", `${path}[${i}]: must be a broker id, got ${shown(id)}`);
    }
  }
  return ok(value as number[]);
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 60);
}
