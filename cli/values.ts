/**
 * Values of options and arguments, from their texts. What is none throws {@link InvalidArgumentError}, which commander
 * shows with the name of the option.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";
import { topicPattern } from "../goals/constraint.ts";
import { simpleGoalName } from "../goals/goal_lists.ts";
import { decimalOf } from "../lib/decimal.ts";
import type { NamedLogDir } from "../planner/operations/remove_disks.ts";

/** Kafka's broker ids, and counts of replicas, are 32-bit integers. */
const INT_MAX = 2 ** 31 - 1;

function refuse(wanted: string, got: string): never {
  throw new InvalidArgumentError(`must be ${wanted}, got ${JSON.stringify(got)}`);
}

/** Items of a list: one or more, separated by commas, each once. */
function itemsOf(text: string, wanted: string, keyOf = (item: string) => item): readonly string[] {
  const items = text.split(",").map((item) => item.trim()).filter((item) => item !== "");
  if (items.length === 0) refuse(wanted, text);
  const keys = items.map(keyOf);
  const again = keys.findIndex((key, i) => keys.indexOf(key) !== i);
  if (again >= 0) {
    throw new InvalidArgumentError(`must be ${wanted}, each once, got ${items[again]} twice`);
  }
  return items;
}

/** Names of goals separated by commas, with or without their packages. */
export function goalNamesOf(text: string): readonly string[] {
  const wanted = "names of goals separated by commas";
  return itemsOf(text, wanted, (name) => simpleGoalName(name).toLowerCase());
}

/** Broker ids separated by commas. */
export function brokerIdsOf(text: string): readonly number[] {
  const wanted = "broker ids separated by commas";
  const ids = itemsOf(text, wanted, (id) => String(Number(id)));
  const bad = ids.find((id) => !/^\d+$/.test(id) || Number(id) > INT_MAX);
  if (bad !== undefined) refuse(wanted, bad);
  return ids.map(Number);
}

/** `<broker id>-<path>` separated by commas, split at the first dash. */
export function logDirsFrom(text: string): readonly NamedLogDir[] {
  const wanted = "like 0-/data/a,3-/data/b";
  return itemsOf(text, wanted).map((item) => {
    const [, id, path] = /^(\d+)-(.+)$/.exec(item) ?? [];
    if (id === undefined || path === undefined || Number(id) > INT_MAX) refuse(wanted, item);
    return { brokerId: Number(id), path: path! };
  });
}

/** A log dir as {@link logDirsFrom} and the server read it. */
export function logDirText({ brokerId, path }: NamedLogDir): string {
  return `${brokerId}-${path}`;
}

/** A regular expression of whole topic names, as it was given. */
export function patternOf(text: string): string {
  const compiled = topicPattern(text, "it");
  if (text !== "" && compiled.ok) return text;
  const reason = compiled.ok ? "" : compiled.failure.message.replace(/^.*?regular expression/, "");
  throw new InvalidArgumentError(
    `must be a regular expression${reason}, got ${JSON.stringify(text)}`,
  );
}

/** A number >= 0. */
export function amountOf(text: string): number {
  const amount = decimalOf(text.trim());
  if (!(amount >= 0 && amount < Infinity)) refuse("a number >= 0", text);
  return amount;
}

/** A number > 0. */
export function rateOf(text: string): number {
  const rate = decimalOf(text.trim());
  if (!(rate > 0 && rate < Infinity)) refuse("a number > 0", text);
  return rate;
}

/** A whole number >= 0. */
export function countFrom(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) > INT_MAX) {
    refuse(`a whole number from 0 to ${INT_MAX}`, text);
  }
  return Number(text);
}

/** A whole number >= 1. */
export function factorFrom(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) refuse("an integer >= 1", text);
  return Number(text);
}

/** A 32-bit whole number >= 0. */
export function seedOf(text: string): number {
  const max = 2 ** 32 - 1;
  if (!/^\d+$/.test(text) || Number(text) > max) refuse(`an integer from 0 to ${max}`, text);
  return Number(text);
}
