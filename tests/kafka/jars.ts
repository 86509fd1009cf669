/**
 * The jars of a Kafka release, fetched once with Maven into `target/kafka-<version>/` of this repository, and a class
 * archive of them that makes every later JVM start in about half the time.
 *
 * @module
 */
import { hashText } from "../../lib/prng.ts";
import { sleepUntil, systemClock } from "../../lib/clock.ts";

/** The release that the integration tests run on unless they say otherwise. */
export const MAIN_VERSION = "4.4.0";
/** The oldest release that the contract suite runs on. */
export const OLDEST_VERSION = "3.9.2";

/** Top of the repository, without a slash at the end. */
export const TOP = decodeURIComponent(new URL("../..", import.meta.url).pathname).replace(
  /\/$/,
  "",
);

/** One release on disk. */
export interface KafkaJars {
  readonly version: string;
  /** `target/kafka-<version>`, absolute. */
  readonly directory: string;
  /** All jars, sorted and joined with `:`; the archive needs the same text each time. */
  readonly classPath: string;
  /** JVM flags that a short-lived test broker wants, the class archive included when there is one. */
  readonly jvmFlags: readonly string[];
}

/** Why real brokers cannot be started here, as a sentence with what to install; undefined when they can. */
export function missingTools(): string | undefined {
  for (
    const [program, argument] of [["java", "-version"], ["mvn", "-version"], [
      "javac",
      "-version",
    ]] as const
  ) {
    if (!runs(program, argument)) return `install ${program}: it is not on the path`;
  }
  return undefined;
}

function runs(program: string, argument: string): boolean {
  try {
    return new Deno.Command(program, { args: [argument], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** Runs a program to its end; throws with its output when it fails. */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string } = {},
): Promise<string> {
  const output = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  }).output();
  const decoder = new TextDecoder();
  const text = decoder.decode(output.stdout);
  if (output.success) return text;
  const errors = decoder.decode(output.stderr);
  const shown = args.map((arg) => arg.length > 200 ? `${arg.slice(0, 100)}...` : arg).join(" ");
  throw new Error(`${program} ${shown} exited with ${output.code}:\n${text}\n${errors}`);
}

/** Fetches the release unless it is there. Several processes may call this at the same time. */
export async function ensureJars(version: string): Promise<KafkaJars> {
  const directory = `${TOP}/target/kafka-${version}`;
  await Deno.mkdir(directory, { recursive: true });
  await once(
    `${directory}/jars.complete`,
    () => copyDependencies(`${TOP}/tests/kafka/pom.xml`, `${directory}/lib`, version),
  );
  const names: string[] = [];
  for await (const entry of Deno.readDir(`${directory}/lib`)) {
    if (entry.name.endsWith(".jar")) names.push(`${directory}/lib/${entry.name}`);
  }
  const classPath = [...names.sort(), `${directory}/harness.jar`].join(":");
  const sources = await Promise.all(JAVA_SOURCES.map((path) => Deno.readTextFile(path)));
  const edition = hashText(sources.join("")).toString(16);
  await once(
    `${directory}/archive-${edition}.complete`,
    () => makeArchive(directory, classPath),
  );
  return {
    version,
    directory,
    classPath,
    jvmFlags: [...JVM_FLAGS, "-Xshare:auto", `-XX:SharedArchiveFile=${directory}/kafka.jsa`],
  };
}

/** Paths of the agents' jars. */
export interface AgentJars {
  readonly jolokia: string;
  /** The Prometheus JMX exporter. */
  readonly exporter: string;
}

/** Fetches the agents that packaging/ names unless they are there. */
export async function ensureAgents(): Promise<AgentJars> {
  const directory = `${TOP}/target/kafka-agents`;
  await Deno.mkdir(directory, { recursive: true });
  const edition = hashText(await Deno.readTextFile(AGENTS_POM)).toString(16);
  await once(`${directory}/jars-${edition}.complete`, async () => {
    await copyDependencies(AGENTS_POM, `${directory}/lib-${edition}`);
  });
  const lib = `${directory}/lib-${edition}`;
  const names = [...Deno.readDirSync(lib)].map((entry) => entry.name);
  const path = (begin: string) => `${lib}/${names.find((name) => name.startsWith(begin))}`;
  return { jolokia: path("jolokia-agent-jvm-"), exporter: path("jmx_prometheus_javaagent-") };
}

/** Fetches Kafka's command line tools of the main version unless they are there; gives their class path. */
export async function ensureTools(jars: KafkaJars): Promise<string> {
  const directory = `${TOP}/target/kafka-tools-${MAIN_VERSION}`;
  await Deno.mkdir(directory, { recursive: true });
  await once(`${directory}/jars.complete`, async () => {
    await copyDependencies(`${TOP}/tests/kafka/tools-pom.xml`, `${directory}/lib`, MAIN_VERSION);
  });
  return `${jars.classPath}:${directory}/lib/*`;
}

const AGENTS_POM = `${TOP}/packaging/agents/pom.xml`;
const JAVA_SOURCES = ["Archive", "IndependentClient"].map((name) =>
  `${TOP}/tests/kafka/java/${name}.java`
);
/** A test broker lives for seconds: the second compiler and a parallel collector never pay off. */
const JVM_FLAGS = [
  "-Xms64m",
  "-Xmx256m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Xlog:disable",
];

/** Runs `make` unless `marker` exists; a lock directory keeps a second process waiting. */
async function once(marker: string, make: () => Promise<void>): Promise<void> {
  const clock = systemClock();
  const lock = `${marker}.lock`;
  const giveUpMs = clock.nowMs() + 180_000;
  while (!await exists(marker)) {
    if (await claim(lock)) {
      try {
        if (!await exists(marker)) await make();
        await Deno.writeTextFile(marker, "");
      } finally {
        await Deno.remove(lock, { recursive: true });
      }
      return;
    }
    if (clock.nowMs() > giveUpMs) {
      throw new Error(`Remove ${lock} if no other test runs: waited 180 s for it`);
    }
    await sleepUntil(clock, clock.nowMs() + 200);
  }
}

/** Creates the lock directory, taking it over from an owner that has ended. */
async function claim(lock: string): Promise<boolean> {
  try {
    await Deno.mkdir(lock);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    const owner = await Deno.readTextFile(`${lock}/owner`).catch(() => "");
    if (owner === "" || isRunning(Number(owner))) return false;
    await Deno.remove(lock, { recursive: true }).catch(() => {});
    return false;
  }
  await Deno.writeTextFile(`${lock}/owner`, String(Deno.pid));
  return true;
}

/** Whether a process with this id runs; one that has ended but was not collected counts as ended. */
export function isRunning(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch {
    if (Deno.build.os === "linux") return false;
    const output = new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] })
      .outputSync();
    const state = new TextDecoder().decode(output.stdout).trim();
    return state !== "" && !state.startsWith("Z");
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Copies the jars that a Maven project names, of a Kafka release where it asks for one. */
async function copyDependencies(pom: string, into: string, kafka = MAIN_VERSION): Promise<void> {
  await run("mvn", [
    ...["-q", "-B", "-f", pom, "dependency:copy-dependencies"],
    ...[`-Dkafka.version=${kafka}`, `-DoutputDirectory=${into}`],
  ]);
}

/** Compiles our Java and archives the classes that a short run of one broker loads. Only jars can be archived. */
async function makeArchive(directory: string, classPath: string): Promise<void> {
  const work = `${directory}/archive-run`;
  await Deno.mkdir(work, { recursive: true });
  await run("javac", ["-nowarn", "-cp", classPath, "-d", `${work}/classes`, ...JAVA_SOURCES]);
  await run("jar", ["cf", `${work}/harness.jar`, "-C", `${work}/classes`, "."]);
  // Renamed into place, because a broker of another test may have the files mapped.
  await Deno.rename(`${work}/harness.jar`, `${directory}/harness.jar`);
  await run("java", [
    ...JVM_FLAGS,
    `-XX:ArchiveClassesAtExit=${work}/kafka.jsa`,
    "-cp",
    classPath,
    `-Dlog4j2.configurationFile=${TOP}/tests/kafka/log4j2.properties`,
    "Archive",
    work,
  ]);
  await Deno.rename(`${work}/kafka.jsa`, `${directory}/kafka.jsa`);
  await Deno.remove(work, { recursive: true });
}
