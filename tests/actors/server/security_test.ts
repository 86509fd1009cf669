/** Who may listen, who may call, and what a credentials file may say. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { deobfuscate, parseCredentials, userOf } from "../../../actors/server/credentials.ts";
import { checkServer } from "../../../actors/server/mod.ts";
import { isLoopback } from "../../../actors/server/settings.ts";
import { defaultConfig } from "../../../config/parse.ts";
import { harness } from "./harness.ts";

const API = "/kafkacruisecontrol";

/** Works with a credentials file of this text. */
async function withCredentials(text: string, work: (path: string) => Promise<void> | void) {
  const path = Deno.makeTempFileSync();
  Deno.writeTextFileSync(path, text);
  try {
    await work(path);
  } finally {
    Deno.removeSync(path);
  }
}

const FILE = `# people
admin: secret,ADMIN
user = OBF:1vny1zlo1x8e1vnw1vn61x8g1zlu1vn4, user
viewer: MD5:5f4dcc3b5aa765d61d8327deb882cf99,VIEWER
nobody: x
`;

const basic = (name: string, password: string) => ({
  headers: { Authorization: `Basic ${btoa(`${name}:${password}`)}` },
});

Deno.test("deobfuscate() reads Jetty's own example", () => {
  assertEquals(deobfuscate("1vny1zlo1x8e1vnw1vn61x8g1zlu1vn4"), "storepwd");
});

Deno.test("checkServer() refuses to listen beyond loopback without credentials, and says what to set", () => {
  for (const address of ["0.0.0.0", "::", "192.168.1.5", "balancer.example"]) {
    const checked = checkServer(defaultConfig({ "webserver.http.address": address }));
    assert(!checked.ok, address);
    assertStringIncludes(checked.failure.message, `Cannot listen on ${address}`);
    assertStringIncludes(checked.failure.message, "webserver.security.enable = true");
  }
  for (const address of ["127.0.0.1", "127.8.8.8", "localhost", "::1"]) {
    assert(checkServer(defaultConfig({ "webserver.http.address": address })).ok, address);
  }
  assert(!isLoopback("127.0.0.1.example.com"));
});

Deno.test("checkServer() refuses what would be pretended: TLS, review, a missing credentials file", () => {
  const cases = [
    { "webserver.ssl.enable": "true" },
    { "two.step.verification.enabled": "true" },
    { "webserver.security.enable": "true", "webserver.auth.credentials.file": "/nowhere/file" },
  ];
  for (const overrides of cases) {
    const checked = checkServer(defaultConfig(overrides));
    assert(!checked.ok);
    const key = Object.keys(overrides)[0]!;
    assertStringIncludes(checked.failure.message, key);
    assertThrows(() => harness({ config: overrides }));
  }
});

Deno.test("parseCredentials() names every mistake at once", () => {
  const bad = parseCredentials("a: CRYPT:abc\nb: MD5:12\nc: pw,BOSS\nd:\n", "f");
  assert(!bad.ok);
  for (const text of ["CRYPT:", "MD5: of b", "unknown roles [BOSS]", "password of d is empty"]) {
    assertStringIncludes(bad.failure.message, text);
  }
  assert(!bad.failure.message.includes("abc"), "secrets stay out of messages");
  assert(!parseCredentials("# nobody\n", "f").ok);
});

Deno.test("roles decide what a user may call; nothing is done for those who may not", async () => {
  await withCredentials(FILE, async (path) => {
    const h = harness({
      config: {
        "webserver.security.enable": "true",
        "webserver.auth.credentials.file": path,
        "webserver.http.address": "0.0.0.0",
      },
    });
    const status = async (target: string, who?: [string, string], method = "GET") =>
      (await h.ask(target, { method, ...(who === undefined ? {} : basic(...who)) })).status;
    const admin: [string, string] = ["admin", "secret"];
    const user: [string, string] = ["user", "storepwd"];
    const viewer: [string, string] = ["viewer", "password"];
    const nobody: [string, string] = ["nobody", "x"];

    assertEquals(await status(`${API}/rebalance?dryrun=false`, user, "POST"), 403);
    assertEquals(await status(`${API}/rebalance?dryrun=false`, ["admin", "wrong"], "POST"), 401);
    assertEquals(await status(`${API}/x/REBALANCE?dryrun=false`, viewer, "POST"), 403);
    assertEquals(h.asked.length, 0);
    assertEquals(await status(`${API}/rebalance`, admin, "POST"), 200);
    assertEquals(await status(`${API}/load`, user), 200);
    assertEquals(await status(`${API}/load`, viewer), 403);
    assertEquals(await status(`${API}/user_tasks`, viewer), 200);
    assertEquals(await status(`${API}/user_tasks`, nobody), 403);
    assertEquals(await status("/evenkeel/v1/status", viewer), 403);
    assertEquals(await status("/evenkeel/v1/status", user), 200);
    assertEquals(await status("/evenkeel/v1/snapshot"), 401);
    assertEquals(await status("/evenkeel/v1/snapshot", viewer), 403);
    assertEquals(h.asked.filter(({ kind }) => kind === "get_snapshot"), []);
    assertEquals(await status("/metrics"), 401);
    assertEquals(await status("/metrics", nobody), 403);
    assertEquals(await status("/metrics", viewer), 200);
    assertEquals(await status(`${API}/state`), 401);
    assertEquals(await status(`${API}/state`, undefined, "OPTIONS"), 200);
    assertEquals(await status("/healthz"), 200);

    const roles = async (parameters: string, who: [string, string]) =>
      await (await h.ask(`${API}/permissions${parameters}`, basic(...who))).text();
    assertEquals(await roles("?json=true", admin), '{"roles":["ADMIN"],"version":1}');
    assertEquals(await roles("", user), "USER");
    assertEquals(await status(`${API}/permissions`, nobody), 403);

    const challenged = await h.ask(`${API}/state`, { headers: { Accept: "application/json" } });
    assertEquals(
      challenged.headers.get("www-authenticate"),
      'basic realm="DefaultLoginService"',
    );
    assertEquals(Object.keys(await challenged.json()).sort(), [
      "message",
      "servlet",
      "status",
      "url",
    ]);
  });
});

Deno.test("userOf() takes any header without a throw", () => {
  const parsed = parseCredentials(FILE, "f");
  assert(parsed.ok);
  assertEquals(userOf(parsed.value, basic("admin", "secret").headers.Authorization)?.name, "admin");
  const headers = fc.oneof(
    fc.string(),
    fc.string().map((text) => `Basic ${text}`),
    fc.base64String().map((text) => `basic ${text}`),
  );
  fc.assert(
    fc.property(headers, (header) => userOf(parsed.value, header) === undefined),
    { seed: 5, numRuns: 300 },
  );
});

Deno.test("parseCredentials() takes any text without a throw", () => {
  fc.assert(
    fc.property(
      fc.uint16Array({ maxLength: 200 }).map((codes) => String.fromCharCode(...codes)),
      (text) => {
        const parsed = parseCredentials(text, "f");
        return parsed.ok || parsed.failure.code === "invalid_file";
      },
    ),
    { seed: 6, numRuns: 500 },
  );
});
