/** Keys that only Evenkeel has. All begin with `evenkeel.`, except what Kafka clients call otherwise. */
import { key } from "../key.ts";

/** Native settings. */
export const NATIVE_KEYS = {
  "evenkeel.data.dir": key("string", "data", {
    unit: "",
    doc: "Directory of the store: state.db must not be lost, samples.db may be deleted.",
    reader: "main.ts",
  }),
  "evenkeel.seed": key("int", "1", {
    unit: "",
    min: 0,
    max: 4294967295,
    doc: "Seed of every random draw: simulation, planning, retry jitter.",
    reader: "main.ts",
  }),
} as const;
