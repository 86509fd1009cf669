/**
 * A block of ports, and a run directory named after it, that no other cluster on this machine uses.
 *
 * ```
 * seed            held open by the claimer, so that no other tree on this machine takes the block
 * seed + n        broker n, plaintext        n = 1..9
 * seed + 10 + n   broker n, the secured listener
 * seed + 20 + n   controller n                n = 1..5
 * seed + 25 + n   Jolokia agent of broker n   n = 1..4
 * seed + 30 + n   JMX exporter of broker n    n = 1..4
 * ```
 *
 * @module
 */
import { isRunning, TOP } from "./jars.ts";

/** Ports between two seed ports. */
const BLOCK = 35;
/** Below the range from which Linux takes the ports of outgoing connections (32768 and up). */
const FIRST_SEED = 19_100;
const LAST_SEED = 31_000;

/** A claimed block. */
export interface PortBlock {
  readonly seedPort: number;
  /** Exists, empty but for the file `owner`, and belongs to the claimer. */
  readonly runDirectory: string;
  /** Lets others have the ports. */
  release(): void;
}

/** Claims the first block whose ports are all free. Creating the run directory is the claim, so processes cannot collide. */
export async function claimPorts(): Promise<PortBlock> {
  for (let seedPort = FIRST_SEED; seedPort <= LAST_SEED; seedPort += BLOCK) {
    const runDirectory = `${TOP}/target/kafka-run/${seedPort}`;
    if (!await claimDirectory(runDirectory)) continue;
    const held = hold(seedPort);
    if (held !== undefined) return { seedPort, runDirectory, release: () => held.close() };
    await Deno.remove(runDirectory, { recursive: true });
  }
  throw new Error(`Free some ports from ${FIRST_SEED} to ${LAST_SEED}: every block is in use`);
}

async function claimDirectory(path: string): Promise<boolean> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  const owner = await Deno.readTextFile(`${path}/owner`).catch(() => "");
  if (owner !== "" && !isRunning(Number(owner))) {
    // Renaming first makes sure that only one process takes the place of a dead owner.
    const aside = `${path}-left-by-${owner}-${Deno.pid}`;
    const mine = await Deno.rename(path, aside).then(() => true, () => false);
    if (mine) await Deno.remove(aside, { recursive: true }).catch(() => {});
  }
  try {
    await Deno.mkdir(path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
  await Deno.writeTextFile(`${path}/owner`, String(Deno.pid));
  return true;
}

/** The listener on the seed port when the whole block is free. */
function hold(seedPort: number): Deno.Listener | undefined {
  const open: Deno.Listener[] = [];
  let isFree = true;
  try {
    for (let offset = 0; offset < BLOCK; offset++) {
      open.push(Deno.listen({ hostname: "127.0.0.1", port: seedPort + offset }));
    }
  } catch {
    isFree = false;
  }
  for (const listener of open) if (!isFree || listener !== open[0]) listener.close();
  if (!isFree) return undefined;
  open[0]!.unref(); // It must not keep a process alive that forgot to close its cluster.
  return open[0];
}
