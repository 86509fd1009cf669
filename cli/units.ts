/**
 * Numbers with units, for people. What is not known prints as "unknown".
 *
 * @module
 */

import { countOf } from "../lib/count_of.ts";

/** A figure that may not be known: our API sends null then. */
export type Figure = number | null | undefined;

function isKnown(value: Figure): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** MB as B, KB, MB, GB or TB with three significant digits. */
export function megabytes(mb: Figure): string {
  if (!isKnown(mb)) return "unknown";
  const units = ["B", "KB", "MB", "GB", "TB", "PB"];
  let value = mb * 1024 * 1024;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${significant(value)} ${units[unit]}`;
}

/** KB/s with three significant digits. */
export function kilobytesPerSec(rate: Figure): string {
  return isKnown(rate) ? `${megabytes(rate / 1024)}/s` : "unknown";
}

/** Percent with one decimal. */
export function percent(value: Figure): string {
  return isKnown(value) ? `${value.toFixed(1)} %` : "unknown";
}

/** A part of a whole in percent; unknown when either is not known or the whole is nothing. */
export function share(part: Figure, whole: Figure): string {
  return isKnown(part) && isKnown(whole) && whole > 0 ? percent((part / whole) * 100) : "unknown";
}

/** Seconds as the two largest units: "2 h 5 min". */
export function duration(seconds: Figure): string {
  if (!isKnown(seconds)) return "unknown";
  const total = Math.max(0, Math.round(seconds));
  const pieces: readonly [number, string][] = [
    [Math.floor(total / 86400), "d"],
    [Math.floor(total / 3600) % 24, "h"],
    [Math.floor(total / 60) % 60, "min"],
    [total % 60, "s"],
  ];
  const first = pieces.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  return pieces.slice(first, first + 2).filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`).join(" ");
}

function significant(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A plan's sums and those of its bound were added up in another order; this part of them is rounding. */
const BOUND_ROUNDING = 1e-9;

/**
 * ", at most 1.2 % above the fewest that any plan needs"; "" where the bound says nothing: nothing moves, or a plan
 * of an earlier version left goals violated for which more would have to move.
 */
export function aboveBound(mbToMove: number, lowerBoundMb: number): string {
  if (lowerBoundMb <= 0 || mbToMove < lowerBoundMb * (1 - BOUND_ROUNDING)) return "";
  const above = Math.max(0, 100 * (mbToMove / lowerBoundMb - 1));
  return `, at most ${above.toFixed(1)} % above the fewest that any plan needs`;
}

/** How large a cluster is: `1 broker, 2 topics, ...`. */
export function sizeText(
  size: { brokers: number; topics: number; partitions: number; replicas: number },
): string {
  return [
    countOf(size.brokers, "broker"),
    countOf(size.topics, "topic"),
    countOf(size.partitions, "partition"),
    countOf(size.replicas, "replica"),
  ].join(", ");
}
