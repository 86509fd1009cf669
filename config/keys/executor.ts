/** Keys of the part that the file is named after. Names, units and defaults are Cruise Control's where it has the key. */
import { key, optionalKey } from "../key.ts";

const LIMITS = "actors/executor/limits.ts";

/** See the file's name. */
export const EXECUTOR_KEYS = {
  "num.concurrent.partition.movements.per.broker": key("int", "5", {
    unit: "count",
    min: 1,
    doc: "Replica moves into or out of one broker at a time.",
    reader: LIMITS,
  }),
  "num.concurrent.intra.broker.partition.movements": key("int", "2", {
    unit: "count",
    min: 1,
    doc: "Moves between log dirs of one broker at a time.",
    reader: LIMITS,
  }),
  "num.concurrent.leader.movements": key("int", "1000", {
    unit: "count",
    min: 1,
    doc: "Leadership changes and pure re-orders of replica lists in one batch.",
    reader: LIMITS,
  }),
  "num.concurrent.leader.movements.per.broker": key("int", "250", {
    unit: "count",
    min: 1,
    doc: "Leadership changes of one batch that may touch one broker.",
    reader: LIMITS,
  }),
  "max.num.cluster.movements": key("int", "1250", {
    unit: "count",
    min: 5,
    doc: "Upper bound of every other limit on movements.",
    reader: LIMITS,
  }),
  "max.num.cluster.partition.movements": key("int", "1250", {
    unit: "count",
    min: 1,
    doc: "Partitions in the whole cluster that are moved between brokers at a time.",
    reader: LIMITS,
  }),
  "default.replication.throttle": optionalKey("int", {
    unit: "bytes/s",
    min: 0,
    doc: "Rate that moves between brokers may use on each broker; absent = no throttle is set.",
    reader: LIMITS,
  }),
  "default.replica.movement.strategies": key("list", "BaseReplicaMovementStrategy", {
    unit: "",
    doc: "Order of moves between brokers, most significant strategy first.",
    reader: LIMITS,
  }),
  "execution.progress.check.interval.ms": key("int", "10000", {
    unit: "ms",
    min: 0,
    doc:
      "Longest time between two checks of moves in flight; checks are closer together while tasks finish.",
    reader: LIMITS,
  }),
  "min.execution.progress.check.interval.ms": key("int", "5000", {
    unit: "ms",
    min: 1,
    doc: "Smallest progress check interval that a request may ask for.",
    reader: LIMITS,
  }),
  "leader.movement.timeout.ms": key("int", "180000", {
    unit: "ms",
    min: 1,
    doc: "Time after which a leadership change that did not happen is given up.",
    reader: "actors/executor/leadership.ts",
  }),
  "task.execution.alerting.threshold.ms": key("int", "90000", {
    unit: "ms",
    min: 1,
    doc:
      "Tasks that take longer are reported as slow; large moves have as long as the rates below give them.",
    reader: "actors/executor/slow_tasks.ts",
  }),
  "inter.broker.replica.movement.rate.alerting.threshold": key("double", "0.1", {
    unit: "MB/s",
    min: 0.000001,
    doc: "A move between brokers that is slower than this is reported.",
    reader: "actors/executor/slow_tasks.ts",
  }),
  "intra.broker.replica.movement.rate.alerting.threshold": key("double", "0.2", {
    unit: "MB/s",
    min: 0.000001,
    doc: "A move between log dirs that is slower than this is reported.",
    reader: "actors/executor/slow_tasks.ts",
  }),
  "slow.task.alerting.backoff.ms": key("int", "60000", {
    unit: "ms",
    min: 0,
    doc: "Shortest time between two reports of slow tasks.",
    reader: "actors/executor/slow_tasks.ts",
  }),
  "demotion.history.retention.time.ms": key("int", "1209600000", {
    unit: "ms",
    min: 0,
    doc: "How long a demoted broker counts as recently demoted.",
    reader: "actors/executor/housekeeping.ts",
  }),
  "removal.history.retention.time.ms": key("int", "1209600000", {
    unit: "ms",
    min: 0,
    doc: "How long a removed broker counts as recently removed.",
    reader: "actors/executor/housekeeping.ts",
  }),
  "auto.stop.external.agent": key("boolean", "true", {
    unit: "",
    doc:
      "Whether an operation cancels reassignments that somebody else started; false = it is rejected while there are any.",
    reader: "actors/executor/foreign.ts",
  }),
  "executor.recovery.policy": key("string", "resume", {
    unit: "",
    oneOf: ["resume", "rollback", "abandon"],
    doc:
      "What happens to an execution found unfinished at start: go on, roll moves in flight back, or leave them to Kafka.",
    reader: "actors/executor/execution.ts",
  }),
  "evenkeel.execution.move.stuck.timeout.ms": key("int", "1800000", {
    unit: "ms",
    min: 1,
    doc:
      "A move that came no nearer to its end for this long (no byte received, no replica got in sync) is cancelled and reported as dead.",
    reader: "actors/executor/run.ts",
  }),
  "evenkeel.execution.recheck.interval.ms": key("int", "100", {
    unit: "ms",
    min: 1,
    doc:
      "Shortest time between two progress checks; doubles up to execution.progress.check.interval.ms while nothing finishes.",
    reader: "actors/executor/execution.ts",
  }),
  "evenkeel.execution.settle.time.ms": key("int", "2000", {
    unit: "ms",
    min: 0,
    doc:
      "How long controller and metadata must agree that a move is not in progress before it is submitted again or judged.",
    reader: "actors/executor/run.ts",
  }),
  "evenkeel.execution.submit.max.attempts": key("int", "5", {
    unit: "count",
    min: 1,
    doc: "Times that one task is submitted before it is given up as dead.",
    reader: "actors/executor/run.ts",
  }),
  "evenkeel.execution.reservation.timeout.ms": key("int", "600000", {
    unit: "ms",
    min: 1,
    doc: "Time that a plan may take between reserving the executor and starting the execution.",
    reader: "actors/executor/requests.ts",
  }),
  "evenkeel.execution.throttle.verify.timeout.ms": key("int", "30000", {
    unit: "ms",
    min: 1,
    doc: "How long a written throttle is read back before the write counts as failed.",
    reader: "actors/executor/throttle_control.ts",
  }),
} as const;
