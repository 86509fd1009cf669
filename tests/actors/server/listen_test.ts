/** The one part that needs a port. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { settle, systemClock } from "../../../lib/clock.ts";
import { FailureError, ok } from "../../../lib/failure.ts";
import { eagerClock, harness } from "./harness.ts";

Deno.test("start() listens, answers over a socket, and stop() lets go of the port", async () => {
  const h = harness({ config: { "webserver.http.port": "0" }, clock: systemClock() });
  await h.server.start();
  const url = `http://127.0.0.1:${h.server.port}/kafkacruisecontrol/state?substates=executor`;
  const response = await fetch(url);
  assertEquals(await response.text(), "ExecutorState: {state: NO_TASK_IN_PROGRESS}\n");
  const tasks = await (await fetch(url.replace("state?substates=executor", "user_tasks"))).text();
  assertStringIncludes(tasks, "127.0.0.1");
  await h.server.stop();
  await assertRejects(() => fetch(url));
});

Deno.test("start() fails for good when the port is taken, and names port and key", async () => {
  const first = harness({ config: { "webserver.http.port": "0" } });
  await first.server.start();
  const taken = String(first.server.port);
  const second = harness({ config: { "webserver.http.port": taken } });
  const error = await assertRejects(() => second.server.start(), FailureError);
  assertStringIncludes(error.message, `Cannot listen on 127.0.0.1:${taken}`);
  assertStringIncludes(error.message, "webserver.http.port");
  assertEquals((error as FailureError).failure.retriable, false);
  await first.server.stop();
});

Deno.test("start() fails for an address that this machine does not have", async () => {
  await Deno.makeTempFile().then(async (path) => {
    Deno.writeTextFileSync(path, "a: b,ADMIN\n");
    const h = harness({
      config: {
        "webserver.http.port": "0",
        "webserver.http.address": "203.0.113.7",
        "webserver.security.enable": "true",
        "webserver.auth.credentials.file": path,
      },
    });
    const error = await assertRejects(() => h.server.start(), FailureError);
    assert(error.message.includes("webserver.http.address"), error.message);
    Deno.removeSync(path);
  });
});

Deno.test("stop() breaks off bodies that nobody takes, in silence, and lets what holds them go", async () => {
  // Situation: a client has asked for a snapshot that is larger than all buffers on the way, and reads nothing.
  let isDropped = false;
  const h = harness({
    config: { "webserver.http.port": "0" },
    handlers: {
      get_snapshot: () => ok({ snapshotId: "s", estimatedBrokers: [] }),
      get_snapshot_part: () => ok({ text: "x".repeat(1 << 20), isLast: false }),
      drop_snapshot: () => {
        isDropped = true;
        return ok({});
      },
    },
    clock: eagerClock(),
  });
  await h.server.start();
  const client = await Deno.connect({ port: h.server.port! });
  await client.write(new TextEncoder().encode(
    "GET /evenkeel/v1/snapshot HTTP/1.1\r\nHost: localhost\r\n\r\n",
  ));
  while (h.asked.filter(({ kind }) => kind === "get_snapshot_part").length < 2) await settle();
  await h.server.stop();
  await settle();
  client.close();
  assert(isDropped);
  assertEquals(h.logged.filter(({ level }) => level === "error"), []);
});
