import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMMAND_MODULES } from "../../cli/commands.ts";
import { buildProgram } from "../../cli/program.ts";
import type { StartOptions } from "../../cli/start.ts";
import { VERSION } from "../../lib/version.ts";
import { runCommand } from "./console.ts";

Deno.test("--version prints the version of deno.json", async () => {
  const deno = JSON.parse(Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)));
  assertEquals(VERSION, deno.version);
  assertEquals(await runCommand(["--version"]), { code: 0, out: `${VERSION}\n`, err: "" });
});

Deno.test("every command has help with examples, on stdout and with exit code 0", async () => {
  const { command } = await buildProgram({ start: () => Promise.resolve(0) });
  assert(command.commands.length >= 7);
  for (const sub of command.commands) {
    const ran = await runCommand([sub.name(), "--help"]);
    assertEquals(ran.code, 0, sub.name());
    assertEquals(ran.err, "", sub.name());
    assertStringIncludes(ran.out, "\nExamples:\n", sub.name());
    assertStringIncludes(ran.out, `evenkeel ${sub.name()}`);
  }
});

Deno.test("each name loads the commands of its module alone", async () => {
  const alone = { start: () => Promise.resolve(0) };
  for (const { names } of COMMAND_MODULES) {
    for (const name of names) {
      const { command } = await buildProgram(alone, name);
      const found = command.commands.flatMap((one) => [one.name(), ...one.aliases()]);
      assertEquals(found, names, name);
    }
  }
  const all = (await buildProgram(alone)).command.commands;
  assertEquals(
    all.flatMap((one) => [one.name(), ...one.aliases()]),
    COMMAND_MODULES.flatMap(({ names }) => names),
  );
});

Deno.test("wrong usage ends with 2, a message on stderr and nothing on stdout", async () => {
  const wrong = [
    [],
    ["nonsense"],
    ["status", "--nonsense"],
    ["status", "extra"],
    ["start", "--bootstrap", "kafka-1"],
    ["start", "--bootstrap", ","],
    ["start", "--set", "novalue"],
    ["rebalance", "--throttle", "fast"],
    ["plan", "--goals"],
  ];
  for (const args of wrong) {
    const ran = await runCommand(args);
    assertEquals(ran.code, 2, args.join(" "));
    assertEquals(ran.out, "", args.join(" "));
    assert(ran.err.length > 0, args.join(" "));
  }
});

Deno.test("start hands its options on and gives the exit code on", async () => {
  let given: StartOptions | undefined;
  const start = (options: StartOptions) => {
    given = options;
    return Promise.resolve(4);
  };
  const args = ["start", "--bootstrap", "a:1, [::1]:2", "--config", "x.properties"];
  const sets = ["--set", "a=1", "--set", "b=x=y", "--set", "a=2", "--data-dir", "/d"];
  assertEquals((await runCommand([...args, ...sets], { start })).code, 4);
  assertEquals(given, {
    bootstrap: ["a:1", "[::1]:2"],
    configFile: "x.properties",
    settings: new Map([["a", "2"], ["b", "x=y"]]),
    dataDir: "/d",
  });
  await runCommand(["start", "--set", "webserver.http.port=9091", "--port", "9092"], { start });
  assertEquals(given?.settings, new Map([["webserver.http.port", "9092"]]));
  for (const wrong of ["", "x", "-1", "65536"]) {
    assertEquals((await runCommand(["start", `--port=${wrong}`], { start })).code, 2, wrong);
  }
  await runCommand(["start"], { start });
  assertEquals(given, {
    bootstrap: undefined,
    configFile: undefined,
    settings: new Map(),
    dataDir: undefined,
  });
});
