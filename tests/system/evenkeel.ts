/**
 * Evenkeel as a user runs it: a process of its own, spoken to over HTTP and ended by its process id.
 *
 * @module
 */
import { sleepUntil, systemClock } from "../../lib/clock.ts";

const TOP = decodeURIComponent(new URL("../..", import.meta.url).pathname);
const START_WITHIN_MS = 60_000;

/** A running instance. */
export interface Evenkeel {
  readonly url: string;
  readonly pid: number;
  readonly dataDir: string;
  /** What it wrote to stderr so far. */
  log(): string;
  /** GET of an endpoint with `json=true`; the parsed body. */
  get(path: string): Promise<Record<string, unknown>>;
  /** POST of an endpoint with `json=true`, followed through its 202 answers to the end. */
  post(path: string): Promise<Record<string, unknown>>;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
  /** SIGINT unless told; resolves with the exit code. */
  stop(signal?: Deno.Signal): Promise<number>;
}

/** How to start it. */
export interface EvenkeelOptions {
  readonly bootstrap?: string;
  /** A directory that outlives the process; made and removed by the caller. */
  readonly dataDir: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** What the shell does before it becomes the process, e.g. `ulimit -n 400`. */
  readonly shell?: string;
  /** Whether the shell, and then the process, see mounts of their own (Linux). */
  readonly ownMounts?: boolean;
  /** `user:password` where the settings ask for one. */
  readonly login?: string;
}

/** Runs a command of `main.ts` to its end. */
export async function runCommand(
  args: readonly string[],
  options: { timeoutMs?: number; env?: Record<string, string> } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "main.ts", ...args],
    cwd: TOP,
    env: { NO_COLOR: "1", ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 60_000);
  const result = await child.output();
  clearTimeout(timer);
  const text = new TextDecoder();
  return {
    code: result.code,
    stdout: text.decode(result.stdout),
    stderr: text.decode(result.stderr),
  };
}

/** A port of loopback that nothing listens on at the moment of the call. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** Starts an instance and waits until it answers. */
export async function startEvenkeel(options: EvenkeelOptions): Promise<Evenkeel> {
  const port = freePort();
  const settings = { "webserver.http.port": String(port), ...options.settings };
  const command = [
    ...[Deno.execPath(), "run", "-A", "--quiet", "--no-check", "main.ts", "start"],
    ...["--data-dir", options.dataDir],
    ...(options.bootstrap === undefined ? [] : ["--bootstrap", options.bootstrap]),
    ...Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]),
  ];
  const words = [
    ...(options.ownMounts === true ? ["unshare", "-rm"] : []),
    ...(options.shell === undefined ? [] : ["sh", "-c", `${options.shell}\nexec "$@"`, "sh"]),
    ...command,
  ];
  const child = new Deno.Command(words[0]!, {
    args: words.slice(1),
    cwd: TOP,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines: string[] = [];
  const drained = Promise.all([collect(child.stdout, lines), collect(child.stderr, lines)]);
  const url = `http://127.0.0.1:${port}`;
  const ended = child.status.then((status) => status.code);
  const headers = options.login === undefined
    ? {}
    : { Authorization: `Basic ${btoa(options.login)}` };
  await waitUntilHealthy(url, { headers, status: child.status, lines });
  const end = async (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch { /* it has ended already */ }
    const code = await ended;
    await drained;
    return code;
  };
  return {
    url,
    pid: child.pid,
    dataDir: options.dataDir,
    log: () => lines.join(""),
    get: (path) => follow(url, path, { method: "GET", headers }),
    post: (path) => follow(url, path, { method: "POST", headers }),
    kill: async () => void (await end("SIGKILL")),
    stop: (signal = "SIGINT") => end(signal),
  };
}

async function collect(stream: ReadableStream<Uint8Array>, lines: string[]): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) lines.push(text);
}

async function waitUntilHealthy(
  url: string,
  { headers, status, lines }: {
    headers: Readonly<Record<string, string>>;
    status: Promise<Deno.CommandStatus>;
    lines: string[];
  },
): Promise<void> {
  const clock = systemClock();
  const giveUpMs = clock.nowMs() + START_WITHIN_MS;
  let ended = false;
  status.then(() => ended = true);
  while (clock.nowMs() < giveUpMs) {
    if (ended) throw new Error(`Evenkeel ended during its start:\n${lines.join("")}`);
    try {
      const answer = await fetch(`${url}/kafkacruisecontrol/state?json=true`, { headers });
      await answer.body?.cancel();
      if (answer.status === 200) return;
    } catch { /* not listening yet */ }
    await sleepUntil(clock, clock.nowMs() + 50);
  }
  throw new Error(`Evenkeel did not answer within ${START_WITHIN_MS} ms:\n${lines.join("")}`);
}

async function follow(
  url: string,
  path: string,
  { method, headers }: { method: string; headers: Readonly<Record<string, string>> },
): Promise<Record<string, unknown>> {
  const clock = systemClock();
  const target = `${url}/kafkacruisecontrol/${path}${path.includes("?") ? "&" : "?"}json=true`;
  let taskId: string | undefined;
  for (;;) {
    const answer = await fetch(target, {
      method,
      headers: taskId === undefined ? headers : { ...headers, "User-Task-ID": taskId },
    });
    const body = await answer.json() as Record<string, unknown>;
    taskId = answer.headers.get("User-Task-ID") ?? undefined;
    if (answer.status === 200) return body;
    if (answer.status !== 202) {
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(body)}`);
    }
    await sleepUntil(clock, clock.nowMs() + 200);
  }
}

/** Asks again and again until `done` accepts the answer; fails with the last answer after `withinMs`. */
export async function waitFor<T>(
  ask: () => Promise<T>,
  done: (answer: T) => boolean,
  options: { withinMs: number; what: string; everyMs?: number },
): Promise<T> {
  const clock = systemClock();
  const giveUpMs = clock.nowMs() + options.withinMs;
  let last: T | Error | undefined;
  do {
    try {
      last = await ask();
      if (done(last)) return last;
    } catch (error) {
      last = error as Error;
    }
    await sleepUntil(clock, clock.nowMs() + (options.everyMs ?? 250));
  } while (clock.nowMs() < giveUpMs);
  const shown = last instanceof Error ? last.message : JSON.stringify(last);
  throw new Error(
    `Waited ${options.withinMs} ms in vain for ${options.what}; last: ${shown?.slice(0, 2000)}`,
  );
}
