/** Whether there is a real cluster. */
import type { Config } from "../config/table.ts";

/** Whether the configuration names no real cluster. */
export function isSimulated(config: Config): boolean {
  return (config["bootstrap.servers"] ?? []).length === 0;
}
