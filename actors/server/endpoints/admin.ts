/** `admin`: switches self-healing, changes the limits of a running execution, forgets removed and demoted brokers. */
import { fail, type Result } from "../../../lib/failure.ts";
import { ANOMALY_KINDS, type AnomalyKind } from "../../../model/anomaly.ts";
import { forgottenText, limitChangesOf, limitsText } from "../admin_changes.ts";
import { type Call, defineEndpoint, type EndpointDeps } from "../endpoint.ts";
import { CHECK_INTERVAL, CONCURRENCY, REVIEW_ID } from "../execution_params.ts";
import { ints, limited, type ParamSpec, text, texts, unreadable } from "../params.ts";
import { ANOMALY_TYPES } from "../shapes/detector_state.ts";
import { map } from "../java_format.ts";

/** Upstream's order, for refusals. */
const SUPPORTED =
  "BROKER_FAILURE, MAINTENANCE_EVENT, DISK_FAILURE, METRIC_ANOMALY, GOAL_VIOLATION, TOPIC_ANOMALY";

/** Kinds by name in any case; those without a detector are refused. */
function kinds(): ParamSpec<readonly string[]> {
  const named: ParamSpec<readonly string[]> = {
    absent: [],
    parse(given) {
      const read = texts().parse(given);
      if (!read.ok) return read;
      const names = read.value.map((name) => name.toUpperCase());
      const known: readonly string[] = [...ANOMALY_TYPES, ...ANOMALY_KINDS];
      const unknown = read.value.filter((name) => !known.includes(name.toUpperCase()));
      return unknown.length === 0 ? { ok: true, value: names } : {
        ok: false,
        message: `Unsupported anomaly types in [${unknown.join(", ")}]. Supported: [${SUPPORTED}]`,
      };
    },
  };
  return limited(named, (names) => {
    const without = names.filter((name) => !(ANOMALY_KINDS as readonly string[]).includes(name));
    return without.length === 0
      ? undefined
      : `Self-healing of ${
        without.join(", ")
      } is not supported yet: there is no detector for it; use ${ANOMALY_KINDS.join(", ")}`;
  });
}

function kindsOf(names: readonly string[]): AnomalyKind[] {
  return ANOMALY_KINDS.filter((kind) => names.includes(kind));
}

/** Something that asks for a change of limits by itself, which nothing here does. */
function adjuster(): ParamSpec<readonly string[]> {
  return limited(
    texts(),
    (names) =>
      names.length === 0
        ? undefined
        : "limits are not adjusted by themselves here; set them with concurrent_partition_movements_per_broker and its like",
  );
}

const PARAMS = {
  disable_self_healing_for: kinds(),
  enable_self_healing_for: kinds(),
  concurrent_partition_movements_per_broker: CONCURRENCY,
  concurrent_intra_broker_partition_movements: CONCURRENCY,
  concurrent_leader_movements: CONCURRENCY,
  broker_concurrent_leader_movements: CONCURRENCY,
  max_partition_movements_in_cluster: CONCURRENCY,
  execution_progress_check_interval_ms: CHECK_INTERVAL,
  drop_recently_removed_brokers: ints(),
  drop_recently_demoted_brokers: ints(),
  disable_concurrency_adjuster_for: adjuster(),
  enable_concurrency_adjuster_for: adjuster(),
  min_isr_based_concurrency_adjustment: adjuster(),
  reason: text(),
  review_id: REVIEW_ID,
} as const;

type AdminCall = Call<typeof PARAMS>;

/** A part of the answer: its JSON members, and its line in plain text. */
interface Part {
  readonly json: object;
  readonly line: string;
}

/** POST admin. */
export const admin = defineEndpoint({
  name: "admin",
  method: "POST",
  isAsync: false,
  role: "ADMIN",
  taskType: "cruise_control_admin",
  operation: "ADMIN request",
  params: PARAMS,
  check({ values }) {
    const enable = kindsOf(values.enable_self_healing_for);
    const disable = kindsOf(values.disable_self_healing_for);
    const asks = [
      ...enable,
      ...disable,
      ...Object.keys(limitChangesOf(values)),
      ...values.drop_recently_removed_brokers,
      ...values.drop_recently_demoted_brokers,
    ];
    if (asks.length === 0) return unreadable("Nothing executable found in request.");
    const both = enable.filter((kind) => disable.includes(kind));
    return both.length === 0
      ? undefined
      : `Cannot both enable and disable self-healing for ${both.join(", ")}`;
  },
  async run(call, deps) {
    const parts: Part[] = [];
    for (const change of [switchHealing, changeLimits, forgetBrokers]) {
      const part = await change(call, deps);
      if (!part.ok) return part;
      if (part.value !== undefined) parts.push(part.value);
    }
    const json = Object.assign({}, ...parts.map((part) => part.json)) as object;
    return {
      ok: true,
      value: { json, text: () => `{\n${parts.map((part) => `${part.line}\n`).join("")}}` },
    };
  },
});

async function switchHealing(
  { values }: AdminCall,
  { context, settings }: EndpointDeps,
): Promise<Result<Part | undefined>> {
  const enable = kindsOf(values.enable_self_healing_for);
  const disable = kindsOf(values.disable_self_healing_for);
  if (enable.length === 0 && disable.length === 0) return { ok: true, value: undefined };
  const changed = await context.request({ kind: "set_self_healing", enable, disable }, {
    deadlineMs: settings.askTimeoutMs,
  });
  if (!changed.ok) {
    const { code, message } = changed.failure;
    return fail(code, `Self-healing was not switched: ${message}`);
  }
  const pick = (switches: Readonly<Record<AnomalyKind, boolean>>) =>
    ANOMALY_KINDS.filter((kind) => enable.includes(kind) || disable.includes(kind))
      .map((kind): [string, boolean] => [kind, switches[kind]]);
  const before = pick(changed.value.before);
  const after = pick(changed.value.after);
  const words = (switches: [string, boolean][]) =>
    map(switches.map(([kind, on]) => [kind, String(on)]));
  return {
    ok: true,
    value: {
      json: {
        selfHealingEnabledBefore: Object.fromEntries(before),
        selfHealingEnabledAfter: Object.fromEntries(after),
      },
      line: `selfHealingEnabledBefore: ${words(before)}, selfHealingEnabledAfter: ${words(after)}`,
    },
  };
}

async function changeLimits(
  { values }: AdminCall,
  { context, settings }: EndpointDeps,
): Promise<Result<Part | undefined>> {
  const changes = limitChangesOf(values);
  if (Object.keys(changes).length === 0) return { ok: true, value: undefined };
  const changed = await context.request({ kind: "change_limits", changes }, {
    deadlineMs: settings.askTimeoutMs,
  });
  if (!changed.ok) return changed;
  const said = limitsText(values, changed.value.isExecuting);
  return {
    ok: true,
    value: {
      json: { ongoingConcurrencyChangeRequest: said },
      line: `ongoingConcurrencyChangeRequest: ${said}`,
    },
  };
}

async function forgetBrokers(
  { values }: AdminCall,
  { context, settings }: EndpointDeps,
): Promise<Result<Part | undefined>> {
  const named = {
    removed: values.drop_recently_removed_brokers,
    demoted: values.drop_recently_demoted_brokers,
  };
  if (named.removed.length + named.demoted.length === 0) return { ok: true, value: undefined };
  const forgotten = await context.request({ kind: "forget_brokers", ...named }, {
    deadlineMs: settings.askTimeoutMs,
  });
  if (!forgotten.ok) return forgotten;
  const said = forgottenText(named, forgotten.value);
  return {
    ok: true,
    value: { json: { dropRecentBrokersRequest: said }, line: `dropRecentBrokersRequest: ${said}` },
  };
}
