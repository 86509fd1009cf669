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

Deno.test("parseConfig() takes decimal numbers within their range, and no others", () => {
  const wrong = (key: string, texts: readonly string[]) => {
    for (const text of texts) {
      const { errors } = parseConfig(new Map([[key, text]]));
      assertEquals(errors.map((error) => error.key), [key], text);
    }
  };
  wrong("disk.balance.threshold", ["0x2", "1e999", "Infinity", "NaN", "1,2", "", "1.2f", "0.9"]);
  wrong("max.replicas.per.broker", ["0x10", "1.5", "1e3", "-1", "many", ""]);
  const { config } = parseConfig(
    new Map([["disk.balance.threshold", "1.5e0"], ["max.replicas.per.broker", "+007"]]),
  );
  assertEquals([config?.["disk.balance.threshold"], config?.["max.replicas.per.broker"]], [1.5, 7]);
});
