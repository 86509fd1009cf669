import { assertEquals, assertStringIncludes } from "@std/assert";
import { createNotifier, type Notification } from "../../../actors/detector/notifier.ts";
import { ManualClock } from "../../../lib/clock.ts";
import { fail, ok, type Result } from "../../../lib/failure.ts";
import { type LogRecord, logTo } from "../../../lib/log.ts";
import { postJsonTo } from "../../../workers/post_json.ts";
import { brokers, START_MS } from "./records.ts";

const LIMITS = { deadlineMs: 100, attemptsMax: 3, backoffMs: 10, queueMax: 2 };

function notification(anomalyId: string): Notification {
  return {
    event: "anomaly_detected",
    atMs: START_MS,
    anomalyId,
    kind: "BROKER_FAILURE",
    text: "BROKER_FAILURE detected",
    selfHealingEnabled: false,
    detectedAtMs: START_MS,
    condition: brokers([1]),
  };
}

/** A notifier whose webhook answers with `answers` in turn; "silent" never answers. */
function rig(answers: (Result<number> | "silent")[]) {
  const clock = new ManualClock(START_MS);
  const logged: LogRecord[] = [];
  const tries: { id: string; atMs: number }[] = [];
  const log = logTo((one) => logged.push(one), "detector", { nowMs: () => clock.nowMs() });
  const notifier = createNotifier({
    clock,
    log,
    post(body) {
      tries.push({ id: JSON.parse(body).anomalyId, atMs: clock.nowMs() - START_MS });
      const answer = answers.shift() ?? ok(200);
      return answer === "silent" ? new Promise(() => {}) : Promise.resolve(answer);
    },
  }, LIMITS);
  return { clock, logged, tries, notifier };
}

Deno.test("createNotifier() retries with a doubling wait, within deadlines, and gives up in the end", async () => {
  const r = rig([
    ok(503),
    "silent",
    ok(200),
    fail("cluster_unreachable", "refused"),
    ok(500),
    ok(500),
  ]);
  r.notifier.tell(notification("a"));
  r.notifier.tell(notification("b"));
  await r.clock.advanceTo(START_MS + 1000);
  assertEquals(r.tries.map(({ id, atMs }) => `${id} ${atMs}`), [
    "a 0",
    "a 10", // 10 ms after the 503; silent for 100 ms
    "a 130",
    "b 130",
    "b 140",
    "b 160",
  ]);
  assertEquals(r.notifier.counts, { sent: 1, lost: 1 });
  assertStringIncludes(JSON.stringify(r.logged.at(-1)), "HTTP status 500");
});

Deno.test("createNotifier() does not repeat what the webhook refuses", async () => {
  const r = rig([ok(404), ok(429), ok(204)]);
  r.notifier.tell(notification("a"));
  r.notifier.tell(notification("b"));
  await r.clock.advanceTo(START_MS + 1000);
  assertEquals(r.tries.map(({ id }) => id), ["a", "b", "b"]);
  assertEquals(r.notifier.counts, { sent: 1, lost: 1 });
});

Deno.test("createNotifier() drops the oldest beyond its queue and logs every one", async () => {
  const r = rig(["silent"]);
  for (const id of ["a", "b", "c", "d"]) r.notifier.tell(notification(id));
  await r.clock.advanceTo(START_MS + 1000);
  assertEquals([...new Set(r.tries.map(({ id }) => id))], ["a", "c", "d"]);
  assertEquals(r.notifier.counts, { sent: 3, lost: 1 });
  assertEquals(r.logged.filter(({ message }) => message === "BROKER_FAILURE detected").length, 4);
});

Deno.test("createNotifier() stops waiting when it is stopped", async () => {
  const r = rig(["silent"]);
  r.notifier.tell(notification("a"));
  r.notifier.stop();
  await r.clock.advanceTo(START_MS + 1000);
  assertEquals(r.tries.length, 1);
  assertEquals(r.clock.nextDueMs(), undefined, "no timer is left");
});

Deno.test("postJsonTo() posts JSON, gives the status, and hides the address in failures", async () => {
  const got: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    got.push(`${request.method} ${request.headers.get("content-type")} ${await request.text()}`);
    return new Response("", { status: 202 });
  });
  const url = `http://127.0.0.1:${server.addr.port}/hook?secret=s3cr3t`;
  const post = postJsonTo(url)!;
  const signal = new AbortController().signal;
  assertEquals(await post('{"a":1}', signal), ok(202));
  assertEquals(got, ['POST application/json {"a":1}']);
  await server.shutdown();
  const failed = await post("{}", signal);
  assertEquals(failed.ok, false);
  assertEquals(JSON.stringify(failed).includes("s3cr3t"), false, JSON.stringify(failed));
  assertEquals(postJsonTo(undefined), undefined);
});
