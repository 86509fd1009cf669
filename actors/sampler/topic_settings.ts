/**
 * What topics are set to that nobody needs but people who look at the cluster: read when they ask, not with each poll.
 *
 * @module
 */
import type { Gateway } from "../../cluster/gateway.ts";
import { type Clock, withDeadline } from "../../lib/clock.ts";
import type { Topology } from "../../model/topology.ts";

const KEY = "min.insync.replicas";
/** Settings are changed by hand: a minute old ones will do. */
const FRESH_MS = 60_000;
/** Who asks for the cluster gets it without the settings when they take longer; they are there the next time. */
const WAIT_MS = 1_000;
/** Topics of one request. */
const TOPICS_MAX = 500;

/** Reads and remembers min.insync.replicas of all topics. */
export class TopicSettings {
  readonly #gateway: Gateway;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  #known = new Map<string, number>();
  #readAtMs = -Infinity;
  #generation = -1;
  #reading: Promise<void> | undefined;

  /** `deadlineMs` bounds each request. */
  constructor(gateway: Gateway, clock: Clock, options: { readonly deadlineMs: number }) {
    this.#gateway = gateway;
    this.#clock = clock;
    this.#deadlineMs = options.deadlineMs;
  }

  /** By topic, -1 = not known: it could not be read, or not soon enough. */
  async minInsyncReplicas(topology: Topology): Promise<Int32Array> {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#readAtMs > FRESH_MS || topology.generation !== this.#generation) {
      this.#reading ??= this.#read(topology).finally(() => this.#reading = undefined);
      await withDeadline(this.#clock, nowMs + WAIT_MS, this.#reading);
    }
    return Int32Array.from(topology.topicNames, (name) => this.#known.get(name) ?? -1);
  }

  async #read({ topicNames, generation }: Topology): Promise<void> {
    const known = new Map<string, number>();
    for (let from = 0; from < topicNames.length; from += TOPICS_MAX) {
      const resources = topicNames.slice(from, from + TOPICS_MAX)
        .map((name) => ({ type: "topic" as const, name }));
      const options = { deadlineMs: this.#deadlineMs };
      const read = await this.#gateway.readConfigs(resources, [KEY], options);
      if (!read.ok) return;
      for (const { resource, entries } of read.value) {
        const value = Number(entries.find(({ key }) => key === KEY)?.value ?? NaN);
        if (Number.isInteger(value)) known.set(resource.name, value);
      }
    }
    this.#known = known;
    this.#readAtMs = this.#clock.nowMs();
    this.#generation = generation;
  }
}
