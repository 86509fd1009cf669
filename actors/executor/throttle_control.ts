/**
 * Setting throttles and taking them back: undo record, write, read back until it shows, undo record done.
 *
 * @module
 */
import type { ConfigReading, Gateway } from "../../cluster/gateway.ts";
import type { Config } from "../../config/table.ts";
import { type Clock, sleepUntil } from "../../lib/clock.ts";
import { fail, type Failure } from "../../lib/failure.ts";
import type { Log } from "../../lib/log.ts";
import type { Journal } from "../../store/journal.ts";
import type { ThrottleUndo } from "../../store/journal_rows.ts";
import { must, RoundInterrupted } from "./interrupt.ts";
import {
  type Clearing,
  type Expectation,
  isMet,
  LIST_KEYS,
  planClearing,
  planDeletions,
  planSetting,
  RATE_KEYS,
  remainderOf,
  resourcesOf,
  undoName,
  UNKNOWN_TOPIC,
} from "./throttle.ts";
import type { Task } from "./task.ts";

/** Delays between readings back; brokers show a write within tens of milliseconds. */
const FIRST_READ_BACK_MS = 20;
const LONGEST_READ_BACK_MS = 1_000;

const ALL_KEYS = [...RATE_KEYS, ...LIST_KEYS];

/** What throttle control needs. */
export interface ThrottleDeps {
  readonly gateway: Gateway;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: Config;
  /** Ends waiting when the actor stops. */
  readonly signal: AbortSignal;
}

/** The throttles that Evenkeel has set and not taken back yet, whichever execution set them. */
export class ThrottleControl {
  readonly #deps: ThrottleDeps;
  readonly #open: Map<string, ThrottleUndo>;

  /** Reads the open undo records from the journal. */
  constructor(deps: ThrottleDeps) {
    this.#deps = deps;
    this.#open = new Map(deps.journal.openUndos().map((undo) => [undoName(undo), undo]));
  }

  /** Every undo record that is not done. */
  open(): ThrottleUndo[] {
    return [...this.#open.values()];
  }

  /**
   * Throttles the tasks that are about to be submitted and waits until the settings can be read back. Brokers that are
   * not alive are left out: nothing is copied from or to them. Throws {@link RoundInterrupted} when that takes too long.
   */
  async set(
    tasks: readonly Task[],
    options: { executionUuid: string; rateBytesPerSec: number; alive: ReadonlySet<number> },
  ): Promise<void> {
    const { gateway, journal, clock } = this.#deps;
    const resources = resourcesOf(tasks, options.alive);
    const readings = must(await gateway.readConfigs(resources, ALL_KEYS));
    const plan = planSetting(tasks, readings.filter((r) => r.failure === undefined), {
      ...options,
      open: this.open(),
    });
    // A topic that cannot be read was deleted just now; a broker that cannot be read must not be skipped.
    const unread = readings.find((r) =>
      r.failure !== undefined && r.failure.kafkaErrorCode !== UNKNOWN_TOPIC
    );
    if (unread?.failure !== undefined) throw new RoundInterrupted(unread.failure);
    if (plan.changes.length === 0) return;
    must(journal.putUndos(plan.undos, clock.nowMs()));
    for (const undo of plan.undos) this.#open.set(undoName(undo), undo);
    const outcomes = must(await gateway.alterConfigs(plan.changes));
    const refused = outcomes.find((o) => o.errorCode !== 0 && o.errorCode !== UNKNOWN_TOPIC);
    if (refused !== undefined) {
      const { resource, errorCode, errorMessage } = refused;
      const message = `Cannot set the throttle of ${resource.type} ${resource.name}: Kafka ` +
        `answered error ${errorCode}${errorMessage === undefined ? "" : ` (${errorMessage})`}`;
      must(fail("kafka_error", message, { kafkaErrorCode: errorCode, retriable: true }));
    }
    const gone = new Set(outcomes.filter((o) => o.errorCode !== 0).map((o) => o.resource.name));
    const { unmet } = await this.#readBack(
      plan.expectations.filter((e) => e.resource.type === "broker" || !gone.has(e.resource.name)),
    );
    if (unmet.length > 0) {
      const { resource, key } = unmet[0]!;
      const within = this.#deps.config["evenkeel.execution.throttle.verify.timeout.ms"];
      const message = `Cannot see ${key} of ${resource.type} ${resource.name} after setting it ` +
        `for ${within} ms (evenkeel.execution.throttle.verify.timeout.ms)`;
      must(fail("deadline_exceeded", message, { retriable: true }));
    }
  }

  /**
   * Takes settings back as far as brokers answer and marks their undo records; what could not be taken back stays
   * open and is logged. Throws {@link RoundInterrupted} when the journal cannot be written.
   */
  async clear(wanted: readonly Clearing[], alive: ReadonlySet<number>): Promise<void> {
    const { gateway } = this.#deps;
    const clearings = wanted.filter(({ undo }) =>
      undo.resourceType === "topic" || alive.has(Number(undo.resourceName))
    );
    if (clearings.length === 0) return;
    const readings = await gateway.readConfigs(resourcesOfClearings(clearings), ALL_KEYS);
    if (!readings.ok) return this.#notYet(readings.failure);
    const plan = planClearing(clearings, readings.value);
    this.#release(plan.released);
    if (plan.changes.length === 0) return;
    const answer = await gateway.alterConfigs(plan.changes);
    if (!answer.ok) return this.#notYet(answer.failure);
    const outcomes = answer.value;
    const gone = outcomes.filter((o) => o.errorCode === UNKNOWN_TOPIC).map((o) => o.resource.name);
    const isGone = ({ undo }: Clearing) =>
      undo.resourceType === "topic" && gone.includes(undo.resourceName);
    const refused = new Set(
      outcomes.filter((o) => o.errorCode !== 0).map((o) => `${o.resource.type} ${o.resource.name}`),
    );
    const written = plan.expectations.filter((e) =>
      !refused.has(`${e.resource.type} ${e.resource.name}`)
    );
    const seen = await this.#readBack(written);
    const done = clearings.filter((c) => isGone(c) || isAmong(c, seen.met));
    if (!await this.#deleteEmptied(done.filter((c) => !isGone(c)), seen.readings)) return;
    this.#release(done);
    if (seen.unmet.length > 0 || refused.size > gone.length) this.#notYet(undefined);
  }

  #notYet(failure: Failure | undefined): void {
    this.#deps.log.warn("Some throttles could not be taken back yet; trying again", {
      open: this.#open.size,
      why: failure?.message,
    });
  }

  /** An emptied list is deleted: Kafka keeps an empty value otherwise. False when that is not certain. */
  async #deleteEmptied(
    clearings: readonly Clearing[],
    readings: readonly ConfigReading[],
  ): Promise<boolean> {
    const plan = planDeletions(clearings, readings);
    if (plan.changes.length === 0) return true;
    const answer = await this.#deps.gateway.alterConfigs(plan.changes);
    const unmet = answer.ok ? (await this.#readBack(plan.expectations)).unmet : plan.expectations;
    if (unmet.length === 0) return true;
    this.#notYet(answer.ok ? undefined : answer.failure);
    return false;
  }

  #release(clearings: readonly Clearing[]): void {
    if (clearings.length === 0) return;
    const { journal, clock } = this.#deps;
    const left = clearings.map(remainderOf).filter((undo) => undo !== undefined);
    const done = clearings.filter((c) => remainderOf(c) === undefined).map((c) => c.undo);
    if (left.length > 0) must(journal.putUndos(left, clock.nowMs()));
    if (done.length > 0) must(journal.closeUndos(done, clock.nowMs()));
    for (const undo of left) this.#open.set(undoName(undo), undo);
    for (const undo of done) this.#open.delete(undoName(undo));
  }

  /** Reads until everything expected shows, or time is up, or the actor stops. */
  async #readBack(expectations: readonly Expectation[]): Promise<{
    met: Expectation[];
    unmet: Expectation[];
    readings: ConfigReading[];
  }> {
    const { gateway, clock, config, signal } = this.#deps;
    const untilMs = clock.nowMs() + config["evenkeel.execution.throttle.verify.timeout.ms"];
    const met: Expectation[] = [];
    const readings = new Map<string, ConfigReading>();
    let unmet = [...expectations];
    let delayMs = FIRST_READ_BACK_MS;
    while (unmet.length > 0) {
      const names = new Map(
        unmet.map(({ resource }) => [`${resource.type} ${resource.name}`, resource]),
      );
      const read = await gateway.readConfigs([...names.values()], ALL_KEYS);
      const latest = read.ok ? read.value : [];
      for (const r of latest) readings.set(`${r.resource.type} ${r.resource.name}`, r);
      met.push(...unmet.filter((expectation) => isMet(expectation, latest)));
      unmet = unmet.filter((expectation) => !isMet(expectation, latest));
      if (unmet.length === 0 || clock.nowMs() >= untilMs || signal.aborted) break;
      await sleepUntil(clock, clock.nowMs() + delayMs, { signal });
      delayMs = Math.min(delayMs * 2, LONGEST_READ_BACK_MS);
    }
    return { met, unmet, readings: [...readings.values()] };
  }
}

function resourcesOfClearings(clearings: readonly Clearing[]) {
  const byName = new Map(
    clearings.map(({ undo }) => [
      `${undo.resourceType} ${undo.resourceName}`,
      { type: undo.resourceType, name: undo.resourceName },
    ]),
  );
  return [...byName.values()];
}

function isAmong(clearing: Clearing, met: readonly Expectation[]): boolean {
  const { resourceType, resourceName, key } = clearing.undo;
  return met.some((e) =>
    e.resource.type === resourceType && e.resource.name === resourceName && e.key === key
  );
}
