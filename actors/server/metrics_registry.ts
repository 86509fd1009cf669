/**
 * The metrics library behind `/metrics`. Loaded when it is needed and not before.
 *
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** Buckets of request times, seconds: a state is answered in milliseconds, a plan may take minutes. */
const REQUEST_BUCKETS_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

/** A request that was answered. */
export interface RequestSeen {
  readonly endpoint: string;
  readonly status: number;
  readonly seconds: number;
}

/** A gauge with its labels. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** Sets a gauge, which is made when it is set first. What is not finite is not shown. */
export type SetGauge = (family: Family, value: number, labels?: Record<string, string>) => void;

/** What is sent to Prometheus. */
export interface MetricsText {
  readonly body: string;
  readonly contentType: string;
}

/** A registry with the requests and any number of gauges. */
export interface MetricsRegistry {
  countRequest(seen: RequestSeen): void;
  resetGauges(): void;
  readonly setGauge: SetGauge;
  text(): Promise<MetricsText>;
}

/** Creates an empty registry. */
export function createRegistry(): MetricsRegistry {
  const registry = new Registry();
  const requests = new Counter({
    name: "evenkeel_http_requests_total",
    help: "Requests answered, by endpoint and HTTP status.",
    labelNames: ["endpoint", "status"],
    registers: [registry],
  });
  const times = new Histogram({
    name: "evenkeel_http_request_seconds",
    help: "Time from the request to its answer, by endpoint.",
    labelNames: ["endpoint"],
    buckets: REQUEST_BUCKETS_S,
    registers: [registry],
  });
  const gauges = new Map<string, Gauge>();
  const gaugeOf = ({ name, help, labels = [] }: Family): Gauge => {
    const known = gauges.get(name);
    if (known !== undefined) return known;
    const made = new Gauge({ name, help, labelNames: [...labels], registers: [registry] });
    gauges.set(name, made);
    return made;
  };
  return {
    countRequest({ endpoint, status, seconds }) {
      requests.inc({ endpoint, status: String(status) });
      times.observe({ endpoint }, seconds);
    },
    resetGauges() {
      for (const gauge of gauges.values()) gauge.reset();
    },
    setGauge(family, value, labels = {}) {
      const gauge = gaugeOf(family);
      if (Number.isFinite(value)) gauge.set(labels, value);
    },
    text: async () => ({ body: await registry.metrics(), contentType: registry.contentType }),
  };
}
