/** `topic_configuration`: changes how many replicas topics have. */
import { defineEndpoint, type Read } from "../endpoint.ts";
import { EXECUTION_PARAMS, MOVE_PARAMS } from "../execution_params.ts";
import { OPERATION, operationProblem, runOperation } from "../operation.ts";
import { bool, int, type Parsed, pattern, text, unreadable } from "../params.ts";
import { GOAL_PARAMS } from "../plan_params.ts";

const PARAMS = {
  ...GOAL_PARAMS,
  ...EXECUTION_PARAMS,
  ...MOVE_PARAMS,
  topic: text(),
  replication_factor: int(undefined, { positive: "replication factor" }),
  skip_rack_awareness_check: bool(false),
} as const;

/** Topics by pattern, and how many replicas they are to have. */
type Factors = readonly { readonly topics: string; readonly factor: number }[];

/** POST topic_configuration: one pattern and factor as parameters, or several in a JSON body. */
export const topicConfiguration = defineEndpoint({
  ...OPERATION,
  name: "topic_configuration",
  operation: "Update Topic Configuration",
  readsJson: true,
  params: PARAMS,
  check(read, settings) {
    const factors = factorsOf(read);
    return factors.ok ? operationProblem(read.values, settings) : unreadable(factors.message);
  },
  executes: ({ values }) => !values.dryrun,
  run(call, deps) {
    const factors = factorsOf(call);
    const topicFactors = factors.ok ? factors.value : [];
    const patterns = topicFactors.map(({ topics }) => topics);
    return runOperation(call, deps, {
      name: "topic_configuration",
      heading: `Cluster load after updating replication factor of topics [${patterns.join(", ")}]`,
      plan: { topicFactors, skipRackCheck: call.values.skip_rack_awareness_check },
      execution: { allowReplicationFactorChange: true },
    });
  },
});

function factorsOf(read: Pick<Read<typeof PARAMS>, "values" | "body">): Parsed<Factors> {
  const { topic, replication_factor: factor } = read.values;
  const isGiven = topic !== undefined || factor !== undefined;
  if (read.body !== undefined && read.body.trim() !== "") {
    return isGiven
      ? refused("Topic and replication factor are given twice: as parameters and in the body.")
      : bodyFactors(read.body);
  }
  if (!isGiven) return refused("Nothing executable found in request.");
  if (topic === undefined || factor === undefined) {
    return refused("Topic and replication factor must be given together.");
  }
  return checked([{ topics: topic, factor }]);
}

function bodyFactors(body: string): Parsed<Factors> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    return refused(`The body is no JSON: ${error instanceof Error ? error.message : error}`);
  }
  const table = member(member(json, "replication_factor"), "topic_by_replication_factor");
  const factors: { topics: string; factor: number }[] = [];
  for (const [key, topics] of Object.entries(table ?? {})) {
    const factor = /^\d+$/.test(key) ? Number(key) : 0;
    if (factor < 1 || typeof topics !== "string") {
      return refused(
        `Cannot read ${JSON.stringify(key)}: ${JSON.stringify(topics)} in the body: must be a ` +
          "replication factor >= 1 and a pattern of topics",
      );
    }
    factors.push({ topics, factor });
  }
  if (factors.length > 0) return checked(factors);
  return refused(
    'Nothing executable found in request: the body must be like {"replication_factor": ' +
      '{"topic_by_replication_factor": {"3": "topics"}}}',
  );
}

function member(value: unknown, name: string): object | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found = (value as Record<string, unknown>)[name];
  return typeof found === "object" && found !== null ? found : undefined;
}

function checked(factors: Factors): Parsed<Factors> {
  for (const { topics } of factors) {
    const compiled = pattern().parse(topics);
    if (!compiled.ok) return compiled;
  }
  return { ok: true, value: factors };
}

function refused(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}
