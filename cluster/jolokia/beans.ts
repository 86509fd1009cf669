/**
 * What is asked of a broker's Jolokia agent, and what its answer says: pure.
 *
 * One POST holds all reads, each of one bean by its full name, so that neither patterns nor the number of topics and
 * partitions make the answer large (about 2 KB). Answers are matched by position: the echoed name is written in another
 * order. Protocol: https://jolokia.org/reference/html/manual/jolokia_protocol.html; bean names are pinned by Kafka.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";
import { BROKER_METRICS } from "../../model/readings.ts";

type MetricName = typeof BROKER_METRICS[number];

/** Requests of one kind since the broker's start. */
export interface RequestTimes {
  readonly count: number;
  /** Sum of their total times, ms. */
  readonly sumMs: number;
}

/** Beans whose mean runs since the broker's start, by the metric that follows from two readings. */
export const TIMED = {
  produceTotalTimeMs: "Produce",
  fetchConsumerTotalTimeMs: "FetchConsumer",
} as const;

/** A metric that {@link RequestTimes} are kept for. */
export type TimedMetric = keyof typeof TIMED;

/** One broker's answer. */
export interface AgentReading {
  /** Length BROKER_METRICS.length, NaN = not known. The timed metrics are means since the broker's start. */
  readonly row: Float64Array;
  /** For means over an interval; absent when the bean is. */
  readonly times: ReadonlyMap<TimedMetric, RequestTimes>;
}

interface Bean {
  readonly mbean: string;
  readonly attribute: readonly string[];
  /** Metrics that the bean's attributes give. */
  read(attributes: Attributes): Partial<Record<MetricName, number>>;
}

type Attributes = Readonly<Record<string, unknown>>;

const BYTES_PER_KB = 1024;

const BEANS: readonly Bean[] = [
  {
    mbean: "java.lang:type=OperatingSystem",
    attribute: ["ProcessCpuLoad", "AvailableProcessors"],
    read: (attributes) => {
      const load = numberOf(attributes["ProcessCpuLoad"]);
      return {
        // -1: not measured yet. Exactly 0: the first look at a JVM, or two looks too close to each other; a broker that
        // runs is never that idle, and calling it idle would draw load to it.
        cpuUsage: load > 0 ? load : NaN,
        cores: positive(attributes["AvailableProcessors"]),
      };
    },
  },
  {
    mbean: "java.lang:type=Memory",
    attribute: ["HeapMemoryUsage"],
    read: ({ HeapMemoryUsage: usage }) => {
      const { used, max } = isObject(usage) ? usage : { used: NaN, max: NaN };
      return { heapUsedFraction: numberOf(used) / positive(max) };
    },
  },
  topicMeter("BytesInPerSec", "bytesInRate", BYTES_PER_KB),
  topicMeter("BytesOutPerSec", "bytesOutRate", BYTES_PER_KB),
  topicMeter("ReplicationBytesInPerSec", "replicationBytesInRate", BYTES_PER_KB),
  topicMeter("ReplicationBytesOutPerSec", "replicationBytesOutRate", BYTES_PER_KB),
  topicMeter("MessagesInPerSec", "messagesInRate", 1),
  {
    mbean: "kafka.network:type=RequestChannel,name=RequestQueueSize",
    attribute: ["Value"],
    read: ({ Value }) => ({ requestQueueSize: numberOf(Value) }),
  },
  {
    mbean: "kafka.server:type=KafkaRequestHandlerPool,name=RequestHandlerAvgIdlePercent",
    attribute: ["OneMinuteRate"],
    // A fraction despite the name; the meter overshoots 1 a little.
    read: ({ OneMinuteRate }) => ({
      requestHandlerIdleFraction: Math.min(1, numberOf(OneMinuteRate)),
    }),
  },
  ...(Object.entries(TIMED) as [TimedMetric, string][]).map(([metric, request]): Bean => ({
    mbean: `kafka.network:type=RequestMetrics,name=TotalTimeMs,request=${request}`,
    attribute: ["Count", "Mean"],
    // Without a request there is no mean, though the bean says 0.
    read: ({ Count, Mean }) => ({ [metric]: numberOf(Count) > 0 ? numberOf(Mean) : NaN }),
  })),
];

/** A meter of the whole broker, over the last minute. */
function topicMeter(name: string, metric: MetricName, unit: number): Bean {
  return {
    mbean: `kafka.server:type=BrokerTopicMetrics,name=${name}`,
    attribute: ["OneMinuteRate"],
    read: ({ OneMinuteRate }) => ({ [metric]: numberOf(OneMinuteRate) / unit }),
  };
}

/** The body of the one POST. */
export const BULK_READ: string = JSON.stringify(
  BEANS.map(({ mbean, attribute }) => ({ type: "read", mbean, attribute })),
);

/**
 * Reads the answer to {@link BULK_READ}. A bean that the broker does not have (an entry with status 404) leaves its
 * metrics NaN; an answer in which no bean can be read, or that is none, is a `protocol_error`.
 */
export function readAnswer(text: string): Result<AgentReading> {
  const entries = parsed(text);
  if (!Array.isArray(entries) || entries.length !== BEANS.length) {
    return fail("protocol_error", "must be a list with an entry for each bean asked for");
  }
  const row = new Float64Array(BROKER_METRICS.length).fill(NaN);
  const times = new Map<TimedMetric, RequestTimes>();
  let refused: unknown;
  let read = 0;
  BEANS.forEach((bean, i) => {
    const entry: unknown = entries[i];
    const value = isObject(entry) && entry["status"] === 200 ? entry["value"] : undefined;
    if (!isObject(value)) {
      refused ??= isObject(entry) ? entry["error"] : undefined;
      return;
    }
    read++;
    for (const [name, number] of Object.entries(bean.read(value))) {
      row[BROKER_METRICS.indexOf(name as MetricName)] = number;
      if (name in TIMED) {
        const count = numberOf(value["Count"]);
        times.set(name as TimedMetric, { count, sumMs: count * numberOf(value["Mean"]) });
      }
    }
  });
  if (read > 0) return ok({ row, times });
  const why = typeof refused === "string" ? `: ${refused.slice(0, 200)}` : "";
  return fail("protocol_error", `must give at least one of the beans asked for, gives none${why}`);
}

/** Replaces the means since the broker's start by those between two readings, where there were requests. */
export function meansBetween(before: AgentReading | undefined, now: AgentReading): Float64Array {
  const row = now.row.slice();
  for (const [metric, { count, sumMs }] of now.times) {
    const earlier = before?.times.get(metric);
    // A lower count: the broker was restarted, and its means are young again.
    if (earlier === undefined || !(count >= earlier.count)) continue;
    const requests = count - earlier.count;
    row[BROKER_METRICS.indexOf(metric)] = requests > 0
      ? Math.max(0, (sumMs - earlier.sumMs) / requests)
      : NaN;
  }
  return row;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Attributes {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : NaN;
}

/** NaN unless above 0: -1 stands for "no limit" and "not known". */
function positive(value: unknown): number {
  const number = numberOf(value);
  return number > 0 ? number : NaN;
}
