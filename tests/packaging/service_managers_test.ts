/** The image and the systemd unit start the program as it is: its command line, directories, port, exit codes. */
import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { EXIT } from "../../cli/exit_codes.ts";
import { defaultConfig } from "../../config/parse.ts";
import { environmentOf, TOP } from "../../tools/run.ts";
import { runCommand, startOptionsOf } from "../cli/console.ts";

const defaults = defaultConfig();

/** `KEY VALUE` lines of a Dockerfile, continued ones joined; the stage is in front: `1 COPY`. */
function instructions(): [string, string][] {
  let stage = -1;
  return Deno.readTextFileSync(`${TOP}packaging/Dockerfile`).replaceAll("\\\n", " ").split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, key, value] = /^([A-Z]+) (.*)$/.exec(line)!;
      if (key === "FROM") stage++;
      return [`${stage} ${key}`, value!];
    });
}

Deno.test("Dockerfile builds with the Deno that the README names and takes the binary that the task writes", () => {
  const lines = new Map(instructions());
  const readme = Deno.readTextFileSync(`${TOP}README.md`);
  const version = /deno@([\d.]+) task start/.exec(readme)![1];
  assertEquals(lines.get("0 FROM"), `denoland/deno:${version} AS build`);
  const [, output] = /^deno task compile --output (\S+)$/.exec(lines.get("0 RUN")!)!;
  const tasks = JSON.parse(Deno.readTextFileSync(`${TOP}deno.json`)).tasks;
  assert("compile" in tasks);
  const workdir = lines.get("0 WORKDIR");
  assertEquals(lines.get("1 COPY"), `--from=build ${workdir}/${output} /usr/local/bin/evenkeel`);
  assertEquals(lines.get("1 ENTRYPOINT"), '["evenkeel"]');
});

Deno.test("Dockerfile runs without root, with its store in the volume, probed at the default port", async () => {
  const lines = new Map(instructions());
  assertMatch(lines.get("1 USER")!, /^[1-9]\d*$/);
  const options = await startOptionsOf(JSON.parse(lines.get("1 CMD")!));
  assertEquals(options.dataDir, lines.get("1 VOLUME"));
  assertEquals(Number(lines.get("1 EXPOSE")), defaults["webserver.http.port"]);
  const probe = /CMD (\[.*\])$/.exec(lines.get("1 HEALTHCHECK")!)![1]!;
  const [command, ...args] = JSON.parse(probe) as string[];
  assertEquals(command, "evenkeel");
  const asked: string[] = [];
  const fetch = (request: Request) => {
    asked.push(request.url);
    return Promise.resolve(Response.json({ ok: true, actors: [] }));
  };
  assertEquals((await runCommand(args, { fetch })).code, 0);
  assertEquals(asked, [`http://127.0.0.1:${defaults["webserver.http.port"]}/healthz`]);
});

Deno.test("image and unit set the memory allocator as the task start does", () => {
  const set = Object.entries(environmentOf("start")).map(([name, value]) => `${name}=${value}`)
    .join(" ");
  assertMatch(set, /MALLOC_ARENA_MAX=2/);
  assertEquals(new Map(instructions()).get("1 ENV"), set);
  assertEquals(unit().get("Environment"), set);
});

/** The unit's settings; repeated ones keep the last. */
function unit(): Map<string, string> {
  const text = Deno.readTextFileSync(`${TOP}packaging/evenkeel.service`);
  return new Map([...text.matchAll(/^(\w+)=(.*)$/gm)].map((match) => [match[1]!, match[2]!]));
}

Deno.test("evenkeel.service starts the program with its store in the state directory", async () => {
  const settings = unit();
  const [program, ...args] = settings.get("ExecStart")!.split(" ");
  assertEquals(program, "/usr/local/bin/evenkeel");
  const options = await startOptionsOf(args);
  assertEquals(options.dataDir, `/var/lib/${settings.get("StateDirectory")}`);
  assertEquals(
    options.configFile,
    `/etc/${settings.get("ConfigurationDirectory")}/evenkeel.properties`,
  );
});

Deno.test("evenkeel.service restarts it unless its settings are wrong, and gives it time to stop", () => {
  const settings = unit();
  assertEquals(Number(settings.get("RestartPreventExitStatus")), EXIT.usage);
  assertEquals(settings.get("KillSignal"), "SIGTERM");
  assertGreater(
    Number(settings.get("TimeoutStopSec")) * 1000,
    defaults["evenkeel.runtime.stop.deadline.ms"],
  );
  // V8 makes memory executable while it runs.
  assert(!settings.has("MemoryDenyWriteExecute"));
});

Deno.test({
  name: "evenkeel.service is what systemd accepts",
  ignore: !hasSystemd(),
  fn: async () => {
    const directory = await Deno.makeTempDir();
    try {
      const text = Deno.readTextFileSync(`${TOP}packaging/evenkeel.service`)
        .replaceAll("/usr/local/bin/evenkeel", Deno.execPath());
      await Deno.writeTextFile(`${directory}/evenkeel.service`, text);
      const ran = await new Deno.Command("systemd-analyze", {
        args: ["verify", "--man=no", `${directory}/evenkeel.service`],
      }).output();
      const said = new TextDecoder().decode(ran.stderr).split("\n").filter((line) =>
        line.includes("evenkeel.service")
      );
      assertEquals(said, []);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

function hasSystemd(): boolean {
  try {
    return new Deno.Command("systemd-analyze", { args: ["--version"], stdout: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}
