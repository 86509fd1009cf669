import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Io } from "../../cli/io.ts";
import { buildProgram } from "../../cli/program.ts";
import { systemClock } from "../../lib/clock.ts";
import { freePort } from "../system/evenkeel.ts";

async function run(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const io: Io = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    isTerminal: false,
    clock: systemClock(),
    fetch: () => Promise.reject(new TypeError("no network here")),
  };
  const program = await buildProgram({ io, start: () => Promise.resolve(0) });
  const code = await program.run(["doctor", ...args]);
  return { code, out, err };
}

Deno.test({
  name: "doctor on a port that nobody listens on exits with 4 and names the address",
  sanitizeResources: false,
  sanitizeOps: false,
  async fn() {
    const address = `127.0.0.1:${freePort()}`;
    const text = await run(["--bootstrap", address]);
    assertEquals(text.code, 4);
    assertStringIncludes(text.out, `${address} does not answer`);
    assertStringIncludes(text.out, `correct ${address} in bootstrap.servers`);
    assertStringIncludes(text.err, "Cannot reach the cluster");
    const json = await run(["--bootstrap", address, "--json"]);
    assertEquals(json.code, 4);
    const said = JSON.parse(json.out) as { reachable: boolean; failure: { code: string } };
    assertEquals([said.reachable, said.failure.code], [false, "cluster_unreachable"]);
  },
});

Deno.test("doctor exits with 2 without an address, and for settings that cannot be used", async () => {
  const none = await run([]);
  assertEquals(none.code, 2);
  assertStringIncludes(none.err, "bootstrap.servers");
  const url = await run(["--bootstrap", "a:1", "--set", "evenkeel.jolokia.url=ftp://{host}"]);
  assertEquals(url.code, 2);
  assertStringIncludes(url.err, "evenkeel.jolokia.url");
  const file = await run(["--config", "/does/not/exist.properties"]);
  assertEquals(file.code, 2);
  assert(file.out === "");
});
