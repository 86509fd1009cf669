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
  readonly reader: ReadableStreamDefaultReader<string>;
  readonly listeningMs: number;
  readonly directory: string;
}

async function start(): Promise<Started> {
  const directory = await Deno.makeTempDir({ prefix: "evenkeel-bench-" });
  const startedMs = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "main.ts", "start", "--data-dir", directory, "--set"]
      .concat("webserver.http.port=19190"),
    cwd: TOP,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("is listening")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`start ended before it listened: ${text}`);
    text += value;
  }
  const listeningMs = performance.now() - startedMs;
  return { child, reader, listeningMs, directory };
}

async function end({ child, reader, directory }: Started): Promise<void> {
  child.kill("SIGTERM");
  await reader.cancel();
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
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const started = await start();
    times.push(started.listeningMs);
    await end(started);
  }
  times.sort((a, b) => a - b);
  const last = await start();
  await new Promise((resolve) => setTimeout(resolve, IDLE_AFTER_MS));
  const rssMb = memoryMb(last.child.pid);
  await end(last);
  return [
    { name: "start to listening, median", value: times[RUNS >> 1]!, unit: "ms", target: 300 },
    { name: "start to listening, worst", value: times[RUNS - 1]!, unit: "ms" },
    ...(rssMb === undefined
      ? []
      : [{ name: "idle memory, all actors", value: rssMb, unit: "MB", target: 200 }]),
  ];
}
