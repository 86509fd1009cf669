/** `admin`: switches self-healing by kind of anomaly while running. */
import { fail } from "../../../lib/failure.ts";
import { ANOMALY_KINDS, type AnomalyKind } from "../../../model/anomaly.ts";
import { defineEndpoint } from "../endpoint.ts";
import { int, limited, text, words } from "../params.ts";
import { ANOMALY_TYPES } from "../shapes/detector_state.ts";

const NAMES = [...new Set([...ANOMALY_TYPES, ...ANOMALY_KINDS])].map((type) => type.toLowerCase());

function isKind(name: string): boolean {
  return (ANOMALY_KINDS as readonly string[]).includes(name.toUpperCase());
}

/** Kinds by name in any case; those without a detector are refused. */
function kinds() {
  return limited(words(NAMES, [], "Unsupported anomaly type"), (names) => {
    const without = names.filter((name) => !isKind(name)).map((name) => name.toUpperCase());
    return without.length === 0
      ? undefined
      : `Self-healing of ${
        without.join(", ")
      } is not supported yet: there is no detector for it; ` +
        `use ${ANOMALY_KINDS.join(", ")}`;
  });
}

function kindsOf(names: readonly string[]): AnomalyKind[] {
  return ANOMALY_KINDS.filter((kind) => names.includes(kind.toLowerCase()));
}

/** POST admin. */
export const admin = defineEndpoint({
  name: "admin",
  method: "POST",
  isAsync: false,
  role: "ADMIN",
  taskType: "cruise_control_admin",
  operation: "ADMIN request",
  params: {
    disable_self_healing_for: kinds(),
    enable_self_healing_for: kinds(),
    reason: text(),
    review_id: limited(
      int(undefined),
      (id) => id === undefined ? undefined : "two-step verification is off",
    ),
  },
  check({ values }) {
    const enable = kindsOf(values.enable_self_healing_for);
    const disable = kindsOf(values.disable_self_healing_for);
    if (enable.length === 0 && disable.length === 0) {
      return "Nothing to do: give enable_self_healing_for or disable_self_healing_for";
    }
    const both = enable.filter((kind) => disable.includes(kind));
    return both.length === 0
      ? undefined
      : `Cannot both enable and disable self-healing for ${both.join(", ")}`;
  },
  async run({ values }, { context, settings }) {
    const enable = kindsOf(values.enable_self_healing_for);
    const disable = kindsOf(values.disable_self_healing_for);
    const changed = await context.request({ kind: "set_self_healing", enable, disable }, {
      deadlineMs: settings.askTimeoutMs,
    });
    if (!changed.ok) {
      const { code, message } = changed.failure;
      return fail(code, `Self-healing was not switched: ${message}`);
    }
    const { before, after } = changed.value;
    const pick = (switches: typeof before) =>
      Object.fromEntries([...disable, ...enable].map((kind) => [kind, switches[kind]]));
    const json = {
      version: 1,
      selfHealingEnabledBefore: pick(before),
      selfHealingEnabledAfter: pick(after),
    };
    const words = (switches: typeof before) =>
      Object.entries(pick(switches)).map(([kind, on]) => `${kind}=${on}`).join(", ");
    return {
      ok: true,
      value: {
        json,
        text: () =>
          `{selfHealingEnabledBefore={${words(before)}}, ` +
          `selfHealingEnabledAfter={${words(after)}}}`,
      },
    };
  },
});
