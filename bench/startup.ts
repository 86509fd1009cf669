/**
 * How long `start` takes to listen, and how much memory it holds when idle with all actors on the simulated cluster.
 *
 * @module
 */
import { TOP } from "../tools/run.ts";
import type { BenchResult } from "./result.ts";

const RUNS = 5;
/** Idle means: the first polls are done, nobody asks anything. */
const IDLE_AFTER_MS = 15_000;

interface Started {
  readonly child: Deno.ChildProcess;
  readonly listeningMs: number;
  readonly allRunMs: number;
  readonly directory: string;
}

async function readUntil(stream: ReadableStream<Uint8Array>, wanted: RegExp): Promise<string> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!wanted.test(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`start ended before it listened: ${text}`);
    text += value;
  }
  // Goes on reading: a full pipe would stop the process that is measured.
  (async () => {
    while (!(await reader.read()).done);
  })();
  return text;
}

async function start(): Promise<Started> {
  const directory = await Deno.makeTempDir({ prefix: "evenkeel-bench-" });
  const startedMs = Date.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "main.ts", "start", "--data-dir", directory, "--set"]
      .concat("webserver.http.port=19190"),
    cwd: TOP,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // By the log's own time: asking the port until it answers would take a core from those who open it.
  const line = /^(\S+) \[INFO\] evenkeel·server: Listening/m;
  const [log] = await Promise.all([
    readUntil(child.stderr, line),
    readUntil(child.stdout, /is listening/),
  ]);
  const listeningMs = Date.parse(line.exec(log)![1]!) - startedMs;
  return { child, listeningMs, allRunMs: Date.now() - startedMs, directory };
}

async function end({ child, directory }: Started): Promise<void> {
  child.kill("SIGTERM");
  await child.status;
  await Deno.remove(directory, { recursive: true });
}

function memoryMb(pid: number): number | undefined {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const kb = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
    return kb === undefined ? undefined : Number(kb) / 1024;
  } catch {
    return undefined; // no /proc on this system
  }
}

/** Runs the benchmark. */
export async function run(): Promise<BenchResult[]> {
  const all: Started[] = [];
  for (let i = 0; i < RUNS; i++) {
    const started = await start();
    all.push(started);
    await end(started);
  }
  const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[RUNS >> 1]!;
  const last = await start();
  await new Promise((resolve) => setTimeout(resolve, IDLE_AFTER_MS));
  const rssMb = memoryMb(last.child.pid);
  await end(last);
  return [
    {
      name: "start to listening, median",
      value: median(all.map((started) => started.listeningMs)),
      unit: "ms",
      target: 300,
    },
    {
      name: "start to all actors running, median",
      value: median(all.map((started) => started.allRunMs)),
      unit: "ms",
    },
    ...(rssMb === undefined
      ? []
      : [{ name: "idle memory, all actors", value: rssMb, unit: "MB", target: 200 }]),
  ];
}
