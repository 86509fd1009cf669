/**
 * `bootstrap` and `train`: what Cruise Control needs to fill its memory. Here samples are in the store, from which they
 * are read at each start, and CPU is attributed to partitions by configured weights: there is nothing to replay or train.
 */
import { defineEndpoint, messageAnswer } from "../endpoint.ts";
import { bool, long, type ParamRefusal, unreadable } from "../params.ts";

const SHARED = {
  method: "GET",
  isAsync: false,
  role: "ADMIN",
  taskType: "cruise_control_admin",
} as const;

const PERIOD = { start: long(undefined), end: long(undefined) };

function periodProblem(
  { start, end }: { readonly start: number | undefined; readonly end: number | undefined },
): ParamRefusal | undefined {
  if (end === undefined) return undefined;
  if (start === undefined) return unreadable("The start time must be given with the end time.");
  return start < end
    ? undefined
    : unreadable(`The start time must be before the end time (Requested: ${start}, ${end}).`);
}

/** GET bootstrap. Samples are never dropped here, whatever `clearmetrics` says. */
export const bootstrap = defineEndpoint({
  ...SHARED,
  name: "bootstrap",
  operation: "BOOTSTRAP request",
  params: { ...PERIOD, clearmetrics: bool(true), developer_mode: bool(false) },
  check: ({ values }) =>
    periodProblem(values) ??
      (values.developer_mode
        ? "samples cannot be replayed: those of the store are read at each start"
        : undefined),
  run: () =>
    Promise.resolve({
      ok: true,
      value: messageAnswer(
        "Nothing was done: bootstrapping is for development only, and samples of the store are read at each start.",
      ),
    }),
});

/** GET train. */
export const train = defineEndpoint({
  ...SHARED,
  name: "train",
  operation: "TRAIN request",
  params: PERIOD,
  check: ({ values }) =>
    values.start === undefined || values.end === undefined
      ? unreadable("Both start and end must be given to train the load model.")
      : periodProblem(values),
  run: () =>
    Promise.resolve({
      ok: true,
      value: messageAnswer(
        "Nothing was done: CPU is attributed to partitions by configured weights, which need no training.",
      ),
    }),
});
