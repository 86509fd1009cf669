/** Keys of the simulated cluster, which `start` runs on without a bootstrap address. */
import { key, optionalKey } from "../key.ts";

/** The simulated cluster. */
export const SIMULATOR_KEYS = {
  "evenkeel.sim.speed": key("double", "1", {
    unit: "",
    min: 0.001,
    max: 100000,
    doc: "Simulated seconds a real second; every clock of the process runs at this speed.",
    reader: "cluster/sim/settings.ts",
  }),
  "evenkeel.sim.start.ms": optionalKey("int", {
    unit: "epoch ms",
    min: 0,
    max: 4_102_444_800_000,
    doc: "When the simulated clock begins, whose hour and weekday load follows; now unless given.",
    reader: "workers/time_scale.ts",
  }),
  "evenkeel.sim.brokers": key("int", "12", {
    unit: "count",
    min: 1,
    max: 10000,
    doc: "Brokers of the simulated cluster.",
    reader: "cluster/sim/settings.ts",
  }),
  "evenkeel.sim.racks": key("int", "3", {
    unit: "count",
    min: 1,
    max: 10000,
    doc: "Racks over which the simulated brokers are spread in turn.",
    reader: "cluster/sim/settings.ts",
  }),
  "evenkeel.sim.empty.brokers": key("int", "1", {
    unit: "count",
    min: 0,
    max: 10000,
    doc: "Simulated brokers, the last ones, that hold nothing at the start, as if just added.",
    reader: "cluster/sim/settings.ts",
  }),
  "evenkeel.sim.topics": key("int", "60", {
    unit: "count",
    min: 1,
    max: 1000000,
    doc: "Topics of the simulated cluster, without Kafka's own.",
    reader: "cluster/sim/settings.ts",
  }),
  "evenkeel.sim.partitions": key("int", "600", {
    unit: "count",
    min: 1,
    max: 3000000,
    doc: "Partitions of all simulated topics together; at least one a topic.",
    reader: "cluster/sim/settings.ts",
  }),
  "evenkeel.sim.replication.factor": key("int", "3", {
    unit: "count",
    min: 1,
    max: 10,
    doc: "Replicas of most simulated partitions; a quarter of the topics has one less.",
    reader: "cluster/sim/settings.ts",
  }),
  "evenkeel.sim.call.latency.ms": key("int", "2", {
    unit: "ms",
    min: 0,
    max: 60000,
    doc: "Time from a call to the simulated cluster to its answer.",
    reader: "cluster/sim/settings.ts",
  }),
  "evenkeel.sim.faults.per.day": key("int", "0", {
    unit: "count",
    min: 0,
    max: 100000,
    doc: "Faults (crashes, hangs, failed disks, lost answers, ...) drawn for each simulated day.",
    reader: "cluster/sim/settings.ts",
  }),
  "evenkeel.sim.past.days": key("int", "0", {
    unit: "days",
    min: 0,
    max: 31,
    doc:
      "Days before the start whose broker metrics the classifier remembers, as if it had watched " +
      "the simulated cluster all along; a week takes 2 s at the start.",
    reader: "workers/classifier_worker.ts",
  }),
  "evenkeel.sim.hot.broker": optionalKey("int", {
    unit: "",
    min: 0,
    doc: "Id of a simulated broker that becomes hot: within an hour producers write so much more " +
      "to what it leads that it uses most of its cores.",
    reader: "cluster/sim/settings.ts",
  }),
  "evenkeel.sim.hot.broker.after.minutes": key("int", "30", {
    unit: "minutes",
    min: 0,
    doc: "Simulated minutes from the start until evenkeel.sim.hot.broker begins to grow hot.",
    reader: "cluster/sim/settings.ts",
  }),
} as const;
