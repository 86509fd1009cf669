/**
 * `evenkeel start` where it cannot start, as a process of its own: it ends at once with one message that says what to
 * change.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ManualClock, sleepUntil, systemClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import { openState } from "../../store/open.ts";
import { freePort, runCommand, startEvenkeel } from "../system/evenkeel.ts";
import { assertNoStack, assertRefused, withDirectory } from "../system/refusals.ts";

/** It gives up after some 10 s; a busy machine may be later. */
const SOON_MS = 40_000;

function start(directory: string, args: readonly string[] = []) {
  const port = ["--set", `webserver.http.port=${freePort()}`];
  return runCommand(["start", "--data-dir", directory, ...port, ...args]);
}

Deno.test("start names every ill value at once, with key, value and range, and the nearest key", async () => {
  await withDirectory(async (directory) => {
    const file = `${directory}/x.properties`;
    await Deno.writeTextFile(
      file,
      "cpu.capacity.threshold=7\nmax.replicas.per.brokr=10\nsasl.jaas.config=a\n",
    );
    const sets = ["evenkeel.seed=-1", "webserver.http.port=abc", "security.protocol=TLS"];
    const ended = await start(`${directory}/data`, [
      ...["--config", file],
      ...sets.flatMap((set) => ["--set", set]),
    ]);
    assertRefused(ended, {
      code: 2,
      says: [
        'cpu.capacity.threshold = "7": must be a number from 0 to 1',
        'evenkeel.seed = "-1": must be an integer from 0 to 4294967295',
        'webserver.http.port = "abc": must be an integer from 0 to 65535',
        'security.protocol = "TLS": must be one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL',
        "Unknown key max.replicas.per.brokr is ignored, did you mean max.replicas.per.broker?",
      ],
    });
    assert(!(await exists(`${directory}/data`)), "nothing is made before the settings are right");
  });
});

Deno.test("start says which configuration file, port or directory it cannot have", async () => {
  await withDirectory(async (directory) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await Deno.writeTextFile(`${directory}/file`, "");
    const [missing, folder, taken, file] = await Promise.all([
      start(`${directory}/a`, ["--config", `${directory}/none.properties`]),
      start(`${directory}/a`, ["--config", directory]),
      start(`${directory}/b`, ["--set", `webserver.http.port=${listener.addr.port}`]),
      start(`${directory}/file`),
    ]);
    listener.close();
    assertRefused(missing, { code: 2, says: [`Cannot read ${directory}/none.properties`] });
    assertRefused(folder, { code: 2, says: [`Cannot read ${directory}: `, "directory"] });
    assertRefused(taken, {
      code: 2,
      says: [
        `Cannot listen on 127.0.0.1:${listener.addr.port}: another program listens there`,
        "webserver.http.port",
      ],
    });
    assertRefused(file, {
      code: 2,
      says: [`Cannot use evenkeel.data.dir ${directory}/file`],
    });
  });
});

Deno.test("start ends with 4 soon when no broker answers, naming the address", async () => {
  // Situation: one address refuses, one has no such host, one accepts connections and says nothing.
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const silence = `127.0.0.1:${silent.addr.port}`;
  await withDirectory(async (directory) => {
    const clock = systemClock();
    const beforeMs = clock.monotonicMs();
    const ended = await Promise.all(
      [`127.0.0.1:${freePort()}`, "no-such-host.invalid:9092", silence].map(async (address, i) => {
        const one = await start(`${directory}/${i}`, ["--bootstrap", address]);
        return { ...one, address };
      }),
    );
    silent.close();
    assert(clock.monotonicMs() - beforeMs < SOON_MS);
    for (const one of ended) {
      assertRefused(one, {
        code: 4,
        says: [`Cannot reach the cluster through ${one.address}`, "check bootstrap.servers"],
      });
    }
  });
});

Deno.test("start refuses a store of a newer version and a damaged one, and leaves both as they are", async () => {
  await withDirectory(async (directory) => {
    for (const name of ["newer", "damaged"]) {
      const store = openState({
        directory: `${directory}/${name}/simulated`,
        clock: new ManualClock(0),
        log: silentLog,
      });
      assert(store.ok);
      if (name === "newer") store.value.connection.exec("PRAGMA user_version = 4711");
      store.value.close();
    }
    const damaged = `${directory}/damaged/simulated/state.db`;
    const newer = `${directory}/newer/simulated/state.db`;
    const bytes = await Deno.readFile(damaged);
    bytes.fill(0x5a, 0, 100);
    await Deno.writeFile(damaged, bytes);
    const before = await Deno.readFile(newer);
    const [future, broken] = await Promise.all([
      start(`${directory}/newer`),
      start(`${directory}/damaged`),
    ]);
    assertRefused(future, { code: 2, says: [newer, "schema version 4711", "knows up to"] });
    assertRefused(broken, { code: 2, says: [damaged, "left as it is", ".recover"] });
    assertEquals(await Deno.readFile(newer), before);
    assertEquals(await Deno.readFile(damaged), bytes);
  });
});

Deno.test("a second start on a data directory names the first one, which runs on", async () => {
  await withDirectory(async (directory) => {
    const first = await startEvenkeel({ dataDir: directory });
    try {
      assertRefused(await start(directory), {
        code: 2,
        says: [`process ${first.pid} is using it`, "set another directory"],
      });
      const state = await first.get("state?substates=monitor");
      assert(state["MonitorState"] !== undefined);
    } finally {
      assertEquals(await first.stop(), 130);
    }
    assertNoStack(first.log());
    assertStringIncludes(first.log(), "is listening on");
  });
});

Deno.test("start interrupted at any moment of its start ends with 130 and can be started again", async () => {
  await withDirectory(async (directory) => {
    const clock = systemClock();
    for (const afterMs of [50, 300, 600, 1000]) {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", "--no-check", "main.ts", "start", "--data-dir", directory]
          .concat(["--set", `webserver.http.port=${freePort()}`]),
        cwd: decodeURIComponent(new URL("../..", import.meta.url).pathname),
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const output = child.output();
      await sleepUntil(clock, clock.nowMs() + afterMs);
      child.kill("SIGINT");
      const ended = await output;
      const stderr = new TextDecoder().decode(ended.stderr);
      assertEquals(ended.code, 130, `after ${afterMs} ms: ${stderr}`);
      assertNoStack(stderr);
    }
  });
});

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
