import { assertEquals } from "@std/assert";
import { parseConfig } from "../../config/parse.ts";

function warnings(...names: string[]): string[] {
  return parseConfig(new Map(names.map((name) => [name, "1"]))).warnings.map(({ message }) =>
    message
  );
}

Deno.test("parseConfig() names the key that was mistyped", () => {
  const hint = (name: string, known: string) =>
    `Unknown key ${name} is ignored, did you mean ${known}?`;
  assertEquals(warnings("disk.capacty.threshold", "cpu-balance.threshold", "goalz"), [
    hint("disk.capacty.threshold", "disk.capacity.threshold"),
    hint("cpu-balance.threshold", "cpu.balance.threshold"),
    hint("goalz", "goals"),
  ]);
});

Deno.test("parseConfig() names no other key where one of Cruise Control's is not read", () => {
  const names = [
    "broker.metrics.window.ms",
    "num.broker.metrics.windows",
    "zookeeper.security.enabled",
    "failed.brokers.zk.path",
    "webserver.ui.urlprefix",
    "webserver.ui.diskpath",
  ];
  assertEquals(warnings(...names), names.map((name) => `Unknown key ${name} is ignored`));
});
