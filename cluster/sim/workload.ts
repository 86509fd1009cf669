/**
 * Load over time. Pure: the same seed and time give the same rate, whatever was asked before.
 *
 * ```
 * rate(t) = bytesPerSec
 *         x (1 + daily * cos(2 pi (t / day - dailyPeak)))
 *         x (1 - weekly)      on Saturday and Sunday, UTC
 *         x max(0.1, 1 + driftPerDay * days since start)
 *         x burstFactor       in a slot that is drawn as a burst
 *         x (1 + noise * z)   z drawn for each minute, mean 0, deviation 1, within +-1.73
 * ```
 * All that is not smooth changes at whole minutes only. Steps end there, so taking the rate in the middle of a
 * step integrates it to about 1e-7 for steps of seconds.
 *
 * @module
 */
import type { SimWorkload } from "./spec.ts";

const DAY_MS = 86_400_000;
const RECORD_WAVE_MS = 6 * 3_600_000;
const MINUTE_MS = 60_000;
const SQRT_12 = Math.sqrt(12);

/** A uniform draw in [0, 1) that depends only on its arguments. Murmur3's finaliser over the mixed words. */
export function drawAt(seed: number, slot: number): number {
  let h = (seed ^ Math.imul(slot | 0, 0x9e3779b1)) >>> 0;
  h ^= Math.imul(Math.floor(slot / 4294967296), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

/** Bytes/s that producers want to write to the topic at `atMs`, epoch ms. */
export function rateAt(
  workload: SimWorkload,
  atMs: number,
  options: { seed: number; startMs: number },
): number {
  const days = atMs / DAY_MS;
  const wave = workload.daily === 0
    ? 1
    : 1 + workload.daily * Math.cos(2 * Math.PI * (days - workload.dailyPeak));
  // Day 0 of the epoch was a Thursday; Monday = 0.
  const weekend = workload.weekly !== 0 && (Math.floor(days) + 3) % 7 >= 5;
  const drift = workload.driftPerDay === 0
    ? 1
    : Math.max(0.1, 1 + workload.driftPerDay * (atMs - options.startMs) / DAY_MS);
  return workload.bytesPerSec * wave * (weekend ? 1 - workload.weekly : 1) * drift *
    burstAt(workload, atMs, options.seed) * noiseAt(workload, atMs, options.seed);
}

function burstAt(workload: SimWorkload, atMs: number, seed: number): number {
  if (workload.burstChance === 0) return 1;
  const slot = Math.floor(atMs / workload.burstSlotMs);
  return drawAt(seed ^ 0x5bd1e995, slot) < workload.burstChance ? workload.burstFactor : 1;
}

function noiseAt(workload: SimWorkload, atMs: number, seed: number): number {
  if (workload.noise === 0) return 1;
  const z = (drawAt(seed, Math.floor(atMs / MINUTE_MS)) - 0.5) * SQRT_12;
  return Math.max(0, 1 + workload.noise * z);
}

/** Mean bytes of a record at `atMs`. */
export function recordBytesAt(workload: SimWorkload, atMs: number): number {
  if (workload.recordWave === 0) return workload.recordBytes;
  const wave = Math.sin(2 * Math.PI * atMs / RECORD_WAVE_MS);
  return workload.recordBytes * (1 + workload.recordWave * wave);
}
