/**
 * A whole running Evenkeel on the simulated cluster, as a process of its own: when it was ready and what it costs.
 *
 * @module
 */
import { environmentOf, TOP, v8FlagsOf } from "../tools/run.ts";

/** Kernel's clock ticks, of which /proc counts times: 100 a second on every Linux that Deno runs on. */
const TICK_MS = 10;

/** A process that runs, with the times it took from its spawning, ms. */
export interface Started {
  readonly pid: number;
  /** Where its API is. */
  readonly url: string;
  /** Until the port was open, by the log's own time. */
  readonly listeningMs: number;
  /** Until `state`, asked as soon as the log said that the port is open, was answered with 200. */
  readonly stateMs: number;
  /** Until all actors ran. */
  readonly allRunMs: number;
  /** Processor time of all its threads until then, undefined without /proc. */
  readonly cpuMs: number | undefined;
  /** Ends it and removes its store. */
  end(): Promise<void>;
}

/** Goes on reading after `wanted` has come: a full pipe would stop the process that is measured. */
async function readUntil(stream: ReadableStream<Uint8Array>, wanted: RegExp) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!wanted.test(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`start ended before it listened: ${text}`);
    text += value;
  }
  (async () => {
    while (!(await reader.read()).done);
  })();
  return wanted.exec(text)!;
}

/** Starts one and waits until all its actors run. */
export async function start(): Promise<Started> {
  const directory = await Deno.makeTempDir({ prefix: "evenkeel-bench-" });
  const port = freePort();
  const url = `http://127.0.0.1:${port}/kafkacruisecontrol`;
  const startedMs = Date.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", ...v8FlagsOf("start"), "main.ts", "start"]
      .concat("--data-dir", directory, "--set", `webserver.http.port=${port}`),
    cwd: TOP,
    env: { NO_COLOR: "1", ...environmentOf("start") },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const sinceMs = () => Date.now() - startedMs;
  const state = async () => {
    // Asking the port until it answers would take a core from those who open it.
    const [, at] = await readUntil(child.stderr, /^(\S+) \[INFO\] evenkeel·server: Listening/m);
    const response = await fetch(`${url}/state?json=true`);
    if (!response.ok) throw new Error(`state answered ${response.status}`);
    await response.text();
    return { listeningMs: Date.parse(at!) - startedMs, stateMs: sinceMs() };
  };
  const run = async () => {
    await readUntil(child.stdout, /is listening/);
    return { allRunMs: sinceMs(), cpuMs: cpuMs(child.pid) };
  };
  const [answered, running] = await Promise.all([state(), run()]);
  return {
    pid: child.pid,
    url,
    ...answered,
    ...running,
    async end() {
      child.kill("SIGTERM");
      await child.status;
      await Deno.remove(directory, { recursive: true });
    },
  };
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

function processFile(pid: number, name: string): string | undefined {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${name}`);
  } catch {
    return undefined; // no /proc on this system
  }
}

function cpuMs(pid: number): number | undefined {
  const text = processFile(pid, "stat");
  if (text === undefined) return undefined;
  // After the name in parentheses, which may hold blanks: user and system ticks are the 12th and 13th field.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Resident memory of a process, MB; undefined without /proc. */
export function memoryMb(pid: number): number | undefined {
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(processFile(pid, "status") ?? "")?.[1];
  return kb === undefined ? undefined : Number(kb) / 1024;
}
