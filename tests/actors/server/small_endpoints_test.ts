/** Endpoints that say what they are asked for and change nothing. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { harness } from "./harness.ts";

const API = "/kafkacruisecontrol";

async function answer(target: string, method: "GET" | "POST", h = harness()) {
  const response = await h.ask(`${API}/${target}`, { method });
  return { status: response.status, text: await response.text(), asked: h.asked.length };
}

Deno.test("bootstrap and train check their period and do nothing", async () => {
  const cases: [string, number, RegExp][] = [
    ["bootstrap", 200, /^Nothing was done: .*development/],
    ["bootstrap?clearmetrics=true&start=0", 200, /^Nothing was done/],
    ["bootstrap?start=1&end=2", 200, /^Nothing was done/],
    ["bootstrap?end=2", 400, /start time must be given/],
    ["bootstrap?start=2&end=2", 400, /before the end time \(Requested: 2, 2\)/],
    ["bootstrap?developer_mode=true", 400, /cannot be replayed/],
    ["train", 400, /Both start and end/],
    ["train?start=5", 400, /Both start and end/],
    ["train?start=5&end=4", 400, /before the end time/],
    ["train?start=5&end=6", 200, /^Nothing was done: CPU/],
  ];
  for (const [target, status, says] of cases) {
    const got = await answer(target, "GET");
    assertEquals([got.status, got.asked], [status, 0], target);
    assertMatch(got.text, says, target);
  }
  const json = JSON.parse((await answer("train?start=5&end=6&json=true", "GET")).text);
  assertEquals(Object.keys(json).sort(), ["message", "version"]);
});

Deno.test("rightsize tells what was asked for, also in plain text as JSON, and that nobody does it", async () => {
  const brokers = await answer("rightsize?num_brokers_to_add=2", "POST");
  const { provisionerState, ...asked } = JSON.parse(brokers.text);
  assertEquals([brokers.status, brokers.asked], [200, 0]);
  assertEquals(asked, { version: 1, numBrokersToAdd: 2 });
  assertStringIncludes(provisionerState, "Nothing was done");
  const topic = await answer("rightsize?partition_count=8&topic=a.*&json=true", "POST");
  assertEquals(JSON.parse(topic.text), {
    version: 1,
    partitionCount: 8,
    topic: "a.*",
    provisionerState,
  });
  for (
    const bad of [
      "",
      "?num_brokers_to_add=0",
      "?num_brokers_to_add=1&partition_count=2&topic=a",
      "?partition_count=2",
      "?num_brokers_to_add=1&topic=a",
    ]
  ) assertEquals((await answer(`rightsize${bad}`, "POST")).status, 400, bad);
});

Deno.test("review and review_board are forbidden while nothing is held for review", async () => {
  for (
    const [target, method] of [["review_board", "GET"], ["review?approve=1", "POST"]] as const
  ) {
    const got = await answer(target, method);
    assertEquals(got.status, 403);
    assertMatch(got.text, /^Cannot process/);
  }
  assertEquals((await answer("review_board?review_ids=x", "GET")).status, 400);
});

Deno.test("permissions are refused where nobody has roles", async () => {
  const got = await answer("permissions?json=true", "GET");
  assertEquals(got.status, 400);
  assertStringIncludes(JSON.parse(got.text).errorMessage, "webserver.security.enable is false");
});
