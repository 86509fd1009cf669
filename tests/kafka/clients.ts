/** Clients that look at a cluster past Evenkeel. */
import { type Admin, Kafka, logLevel } from "kafkajs";

/** kafkajs's own admin, without retries and without logs: for looking at a cluster past Evenkeel's code. */
export function plainAdmin(brokers: readonly string[]): Admin {
  return plainKafka(brokers, { retries: 0 }).admin({ retry: { retries: 0 } });
}

/** kafkajs as it is, without logs: for producing, consuming and preparing topics in tests. */
export function plainKafka(
  brokers: readonly string[],
  options: { retries?: number } = {},
): Kafka {
  return new Kafka({
    brokers: [...brokers],
    clientId: "test",
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1500,
    requestTimeout: 5000,
    retry: { retries: options.retries ?? 5, initialRetryTime: 100 },
  });
}
