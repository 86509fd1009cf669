/**
 * The table of all configuration keys and the typed configuration that follows from it.
 *
 * @module
 */
import type { Key, KeyType, ValueOf } from "./key.ts";
import { ANALYZER_KEYS } from "./keys/analyzer.ts";
import { BROKER_METRICS_KEYS } from "./keys/broker_metrics.ts";
import { DETECTOR_KEYS } from "./keys/detector.ts";
import { CLASSIFIER_KEYS } from "./keys/classifier.ts";
import { EXECUTOR_KEYS } from "./keys/executor.ts";
import { KAFKA_CLIENT_KEYS } from "./keys/kafka_client.ts";
import { MONITOR_KEYS } from "./keys/monitor.ts";
import { NATIVE_KEYS } from "./keys/native.ts";
import { SIMULATOR_KEYS } from "./keys/simulator.ts";
import { WEBSERVER_KEYS } from "./keys/webserver.ts";

/** Every key, by name. */
export const KEYS = {
  ...MONITOR_KEYS,
  ...BROKER_METRICS_KEYS,
  ...ANALYZER_KEYS,
  ...CLASSIFIER_KEYS,
  ...EXECUTOR_KEYS,
  ...DETECTOR_KEYS,
  ...WEBSERVER_KEYS,
  ...KAFKA_CLIENT_KEYS,
  ...NATIVE_KEYS,
  ...SIMULATOR_KEYS,
} as const;

/** Name of a key. */
export type KeyName = keyof typeof KEYS;

/** What a declared key holds once parsed. */
export type ValueOfKey<K> = K extends Key<infer T extends KeyType, infer O extends boolean>
  ? (O extends true ? ValueOf<T> | undefined : ValueOf<T>)
  : never;

/** All settings, checked. Plain data, so it can be sent to a worker as it is. Read as `config["metric.sampling.interval.ms"]`. */
export type Config = { readonly [K in KeyName]: ValueOfKey<(typeof KEYS)[K]> };
