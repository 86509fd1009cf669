/**
 * Broker metrics by Jolokia, JMX over HTTP: `settings.ts` where the agents are, `beans.ts` what is asked and what the
 * answers say, `source.ts` asks all brokers. Why this way: docs/decisions/0014-broker-metrics.md.
 *
 * @module
 */
export type { AgentReading } from "./beans.ts";
export { type AgentBroker, agentUrlOf, type JolokiaSettings, jolokiaSettings } from "./settings.ts";
export { askAgent, createJolokiaSource, type JolokiaDeps, type JolokiaSource } from "./source.ts";
