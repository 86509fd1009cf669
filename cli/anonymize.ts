/** Replaces the names in a cluster input, so that a snapshot can be shown to others. */
import type { ClusterInput } from "../model/cluster_input.ts";

/**
 * The same cluster with hosts, racks, log dirs and topics renamed `host-0`, `rack-0`, `/dir-0`, `topic-0`, ... in
 * order of appearance. Equal names stay equal, and Kafka's own topics (which begin with `__`) keep theirs.
 */
export function anonymize(input: ClusterInput): ClusterInput {
  const host = renamer("host-");
  const rack = renamer("rack-");
  const dir = renamer("/dir-");
  const topic = renamer("topic-");
  return {
    ...input,
    brokers: input.brokers.map((broker) => ({
      ...broker,
      host: host(broker.host),
      // A broker without a rack is in a rack of its host's name.
      rack: broker.rack === broker.host ? host(broker.host) : rack(broker.rack),
      logDirs: broker.logDirs.map((one) => ({ ...one, path: dir(one.path) })),
    })),
    topicNames: input.topicNames.map((name) => name.startsWith("__") ? name : topic(name)),
  };
}

function renamer(prefix: string): (name: string) => string {
  const names = new Map<string, string>();
  return (name) => {
    const known = names.get(name) ?? `${prefix}${names.size}`;
    names.set(name, known);
    return known;
  };
}
