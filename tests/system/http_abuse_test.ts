/**
 * The port under clients that are broken, slow, greedy or many: what a stranger on the network can do to one process,
 * which must go on answering others and keep its memory.
 */
import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../lib/clock.ts";
import { type Evenkeel, startEvenkeel, waitFor } from "./evenkeel.ts";
import { assertNoStack, withDirectory } from "./refusals.ts";

/** File descriptors that the process may have: about 70 are its own, 200 parallel requests must fit. */
const DESCRIPTORS = 800;
/** Resident memory that the process may grow by in this file. Measured: 30 to 90 MB. */
const GROWTH_MB_MAX = 250;
const PARALLEL = 200;

const encoder = new TextEncoder();
const request = (line: string, headers = "", body = "") =>
  encoder.encode(`${line} HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`);

/** What is sent, and the status that answers it; 0 = the connection is closed without one. */
const MALFORMED: readonly (readonly [string, Uint8Array, readonly number[]])[] = [
  ["noise", Uint8Array.from({ length: 300 }, (_, i) => (i * 89 + 7) % 256), [400]],
  ["a TLS greeting", Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 10, 13, 10), [400]],
  ["no version", encoder.encode("GET\r\n\r\n"), [400]],
  ["a zero byte", request("GET /kafkacruisecontrol/state\0"), [400]],
  ["bad percent signs", request("GET /kafkacruisecontrol/%zz%ff?a=%zz"), [404]],
  ["a path upwards", request("GET /../../etc/passwd"), [404]],
  ["another method", request("DELETE /kafkacruisecontrol/state"), [405]],
  ["a tunnel", request("CONNECT a:1"), [405]],
  ["two lengths", request("POST /x", "Content-Length: 3\r\nContent-Length: 4\r\n", "abc"), [400]],
  ["a negative length", request("POST /x", "Content-Length: -5\r\n"), [400]],
  ["a bad chunk", request("POST /x", "Transfer-Encoding: chunked\r\n", "ZZ\r\n"), [0, 400, 404]],
  ["5 MB of header", request("GET /", `X: ${"a".repeat(5_000_000)}\r\n`), [0, 400, 431]],
  ["20,000 headers", request("GET /", "X: a\r\n".repeat(20_000)), [0, 400, 431]],
  ["a long path", request(`GET /${"a".repeat(50_000)}`), [0, 400, 414]],
  [
    "20 MB of body",
    request(
      "POST /kafkacruisecontrol/no_such_endpoint",
      "Content-Length: 20000000\r\n",
      "a".repeat(20_000_000),
    ),
    [0, 404],
  ],
];

Deno.test("a running instance outlives clients that are broken, slow, greedy or many", async (t) => {
  await withDirectory(async (dataDir) => {
    const isLinux = Deno.build.os === "linux";
    const evenkeel = await startEvenkeel({
      dataDir,
      settings: { "webserver.accesslog.enabled": "false" },
      ...(isLinux ? { shell: `ulimit -n ${DESCRIPTORS}` } : {}),
    });
    const beforeMb = isLinux ? residentMb(evenkeel.pid) : 0;
    try {
      await t.step("malformed requests get a status or a closed connection", async () => {
        for (const [name, bytes, wanted] of MALFORMED) {
          const status = await exchange(evenkeel, bytes);
          assert(wanted.includes(status), `${name}: ${status}`);
        }
        await isWell(evenkeel);
      });
      await t.step("200 requests at once are all answered", () => parallel(evenkeel));
      await t.step("clients that never finish a request stop nobody else", () => slow(evenkeel));
      if (isLinux) {
        await t.step("more connections than the process may have", () => flood(evenkeel));
        const grownMb = residentMb(evenkeel.pid) - beforeMb;
        assert(grownMb < GROWTH_MB_MAX, `grew by ${grownMb} MB`);
      }
    } finally {
      assertEquals(await evenkeel.stop(), 130);
    }
    assertNoStack(evenkeel.log());
  });
});

async function isWell(evenkeel: Evenkeel): Promise<void> {
  const answer = await fetch(`${evenkeel.url}/healthz`);
  const health = await answer.json() as { actors: { actor: string; restarts: number }[] };
  assertEquals(answer.status, 200);
  assertEquals(health.actors.filter((actor) => actor.restarts > 0), []);
}

async function parallel(evenkeel: Evenkeel): Promise<void> {
  const paths = ["state?json=true", "user_tasks", "kafka_cluster_state?json=true&verbose=true"]
    .map((path) => `/kafkacruisecontrol/${path}`).concat("/metrics", "/healthz", "/");
  const statuses = await Promise.all(Array.from({ length: PARALLEL }, async (_, i) => {
    const answer = await fetch(evenkeel.url + paths[i % paths.length]);
    const text = await answer.text();
    // The limit on active user tasks is upstream's, and so is its status.
    const isFull = answer.status === 500 && text.includes("active user tasks");
    return isFull ? "full" : answer.status;
  }));
  const unforeseen = statuses.filter((status) =>
    status !== 200 && status !== 202 && status !== "full"
  );
  assertEquals(unforeseen, []);
  assert(statuses.filter((status) => status === 200).length >= PARALLEL / 2);
  await isWell(evenkeel);
}

async function slow(evenkeel: Evenkeel): Promise<void> {
  const held = await openMany(evenkeel, 200);
  const clock = systemClock();
  const startMs = clock.monotonicMs();
  await isWell(evenkeel);
  assert(clock.monotonicMs() - startMs < 10_000);
  for (const connection of held) connection.close();
}

async function flood(evenkeel: Evenkeel): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const held = await openMany(evenkeel, DESCRIPTORS + 200);
    await waitFor(() => isWell(evenkeel), () => true, {
      withinMs: 30_000,
      what: "an answer although strangers hold every connection",
    });
    for (const connection of held) connection.close();
  }
}

/** Connections with half a request each; as many as can be had. */
async function openMany(evenkeel: Evenkeel, count: number): Promise<Deno.Conn[]> {
  const held: Deno.Conn[] = [];
  for (let i = 0; i < count; i++) {
    try {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: portOf(evenkeel) });
      held.push(connection);
      await connection.write(encoder.encode("GET / HTTP/1.1\r\nHost: x\r\n"));
    } catch {
      break; // refused or reset: that is what was wanted
    }
  }
  return held;
}

/** Sends bytes and gives the status of the answer, 0 when the connection ends without one. */
async function exchange(evenkeel: Evenkeel, bytes: Uint8Array): Promise<number> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: portOf(evenkeel) });
  const sending = sendAll(connection, bytes);
  const clock = systemClock();
  const limit = clock.setTimer(clock.nowMs() + 10_000, () => connection.close());
  let text = "";
  try {
    const buffer = new Uint8Array(4096);
    const count = await connection.read(buffer);
    text = new TextDecoder().decode(buffer.subarray(0, count ?? 0));
  } catch { /* reset */ }
  limit.cancel();
  try {
    connection.close();
  } catch { /* by the limit */ }
  await sending;
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
}

async function sendAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  try {
    let left = bytes;
    while (left.length > 0) left = left.subarray(await connection.write(left));
  } catch { /* the other side has seen enough */ }
}

function portOf(evenkeel: Evenkeel): number {
  return Number(new URL(evenkeel.url).port);
}

function residentMb(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) / 1024;
}
