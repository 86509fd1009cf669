/** Runs the commands that the README shows in its `sh` blocks, in order, as a stranger would. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { parseConfig } from "../../config/parse.ts";
import { startOptionsOf } from "../cli/console.ts";
import { runCommand, startEvenkeel, waitFor } from "../system/evenkeel.ts";

const README = await Deno.readTextFile(new URL("../../README.md", import.meta.url));

/** Commands of all `sh` blocks; `npx -y deno@2.9.6` and `deno` are the same program. */
function shownCommands(): string[] {
  const blocks = [...README.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);
  return blocks.flatMap((block) => block.trim().split("\n"));
}

/** The folder that commands write to is made by this line alone. */
const MAKE_FOLDER = "mkdir -p target";

Deno.test("README shows only commands that this test knows how to run", () => {
  const unknown = shownCommands().filter((line) =>
    !/^deno task evenkeel /.test(line) &&
    !["npx -y deno@2.9.6 task start", "npx -y deno@2.9.6 task test", MAKE_FOLDER].includes(line)
  );
  assertEquals(unknown, []);
});

Deno.test("docs/predictions.md starts Evenkeel with keys that there are", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/predictions.md", import.meta.url));
  const shown = /^deno task (start (?:.*\\\n)*.*)$/m.exec(page)![1]!.replaceAll("\\\n", " ");
  const { settings } = await startOptionsOf(shown.split(/\s+/));
  assertGreater(settings.size, 3);
  const { errors, warnings } = parseConfig(settings);
  assertEquals([...errors, ...warnings], []);
});

Deno.test("README's links lead to files", () => {
  for (const [, target] of README.matchAll(/\]\(([^)]+)\)/g)) {
    assert(Deno.statSync(new URL(`../../${target}`, import.meta.url)).isFile, target);
  }
});

Deno.test("README's commands do what they say", async () => {
  const dataDir = await Deno.makeTempDir();
  assert(shownCommands().includes(MAKE_FOLDER));
  await Deno.mkdir(new URL("../../target", import.meta.url), { recursive: true });
  const evenkeel = await startEvenkeel({ dataDir });
  try {
    await waitFor(() => evenkeel.get("proposals"), (plan) => "summary" in plan, {
      withinMs: 60_000,
      what: "a first plan",
    });
    const commands = shownCommands().filter((line) => line.startsWith("deno task evenkeel "));
    assertGreater(commands.length, 8);
    for (const line of commands) {
      const args = line.slice("deno task evenkeel ".length).split(" ")
        .map((arg) => arg === "http://127.0.0.1:9090" ? evenkeel.url : arg);
      const online = /^(status|load|plan|rebalance|stop|watch)$/.test(args[0]!);
      const ran = await runCommand([...args, ...(online ? ["--url", evenkeel.url] : [])], {
        timeoutMs: 90_000,
      });
      assertEquals(ran.code, 0, `${line}\n${ran.stdout}\n${ran.stderr}`);
      assertGreater(ran.stdout.length, 20, line);
    }
  } finally {
    await evenkeel.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
});
