/** Makes docs/migrating.md: which of Cruise Control's endpoints and parameters are served, from the code that serves them. */
import { ENDPOINTS } from "../actors/server/endpoints/mod.ts";

/** Cruise Control 3.0's endpoints, by its public documentation. */
const CRUISE_CONTROL: readonly { readonly method: string; readonly name: string }[] = [
  ...[
    "bootstrap",
    "train",
    "load",
    "partition_load",
    "proposals",
    "state",
    "kafka_cluster_state",
    "user_tasks",
    "review_board",
    "permissions",
  ]
    .map((name) => ({ method: "GET", name })),
  ...[
    "add_broker",
    "remove_broker",
    "fix_offline_replicas",
    "rebalance",
    "stop_proposal_execution",
    "pause_sampling",
    "resume_sampling",
    "demote_broker",
    "admin",
    "review",
    "topic_configuration",
    "rightsize",
    "remove_disks",
  ].map((name) => ({ method: "POST", name })),
];

/** What our own API has that Cruise Control's has no room for. */
const BESIDE: readonly string[] = [
  "Our own API under `/evenkeel/v1/`, in JSON, is what `evenkeel status`, `plan` and the other commands use; `/` lists it.",
  "`GET /evenkeel/v1/snapshot` sends the model that plans are made for as a file to plan for offline, with the rights of `load`:",
  "`goals` (the default ones unless given) say how well its load must be known, `windows=true` keeps the load of each window,",
  "`log_dirs=true` tells which replica is in which log dir, and with `allow_capacity_estimation=false` guessed capacities are refused.",
  "`evenkeel snapshot --url http://HOST:PORT --output FILE` fetches it, and `evenkeel optimize --snapshot FILE` makes the plan of",
  "`proposals?ignore_proposal_cache=true`, given the same goals and configuration; brokers that the server leaves out since they were",
  "removed or demoted of late have to be named (`--exclude-moves`, `--exclude-leadership`).",
];

/** What a client of Cruise Control may notice. */
const DIFFERENCES: readonly string[] = [
  "`dryrun` must be `true` or `false`, in any case; anything else is answered with 400, and Cruise Control would execute.",
  "Patterns of topics are JavaScript's regular expressions, with Java's leading `(?i)` and `\\Q...\\E`; what may take forever (back references and looking behind beside several quantifiers) is answered with 400.",
  "`fast_mode` and `use_ready_default_goals` are taken and change nothing: there is one search, and goals without data are off by themselves.",
  "Every goal shows the statistics of the finished plan: all goals are planned for at once, not one after the other.",
  "`fix_offline_replicas`, `remove_broker` of brokers that are dead, and self-healing, of hard goals that no plan meets as well, heal what can be healed and name the rest in plain text; they fail only when nothing can be.",
  "`remove_disks` without `brokerid_and_logdirs` is answered with 400, and with it tells the load before the change, too.",
  "`rebalance_disk=true` with `destination_broker_ids` is answered with 400: nothing moves between brokers.",
  "`bootstrap`, `train` and `rightsize` check their parameters and say that nothing was done: samples are in the store, CPU needs no training, and no provisioner is attached.",
  "`review` and `review_board` are answered with 403: requests are not held for review, and the server does not start with `two.step.verification.enabled`.",
  "`state` says with `resumedMs` of the executor when it took up an execution that it found unfinished as it started; Cruise Control would have forgotten it.",
  "`admin` answers with 400 when it is to switch concurrency adjusters, since nothing adjusts limits by itself; changed limits hold for the running execution, over restarts, too.",
  "`max_mb`, `max_moves`, `max_minutes` (with `bandwidth`, MB/s of one broker, or `replication_throttle`) and `curve` are not Cruise Control's: what a plan may cost (a `bandwidth` without minutes is answered with 400); plain text and our own API say what was left out, the latter also what the first bytes buy.",
  "`over` is not Cruise Control's: `max` and `p95` plan for that load of the windows, `each` keeps limits of capacity in every window; Cruise Control goes by the mean.",
  "`BrokerSetAwareGoal` is refused without `broker.set.config.file`, which has no default; brokers that no set lists are a set of their own.",
  "An operation with `dryrun=false` is planned on the cluster as it is at that moment; brokers named as new or as destinations are forgotten as removed or demoted ones only when it executes.",
];

function row({ method, name }: { method: string; name: string }): string {
  const endpoint = ENDPOINTS.find((candidate) => candidate.name === name);
  const parameters = endpoint === undefined
    ? ""
    : endpoint.paramNames.map((param) => `\`${param}\``).join(" ");
  return `| ${method} | \`${name}\` | ${
    endpoint === undefined ? "not yet: 404" : "served"
  } | ${parameters} |`;
}

/** The whole page. */
export function migrationPage(): string {
  return [
    "# Migrating from Cruise Control",
    "",
    "Generated from the code by `deno run -A tools/pages.ts`. Configuration keys: [configuration.md](configuration.md).",
    "",
    "## Endpoints",
    "",
    "Under `/kafkacruisecontrol/`, in JSON and text, with the asynchronous protocol (`User-Task-ID`, 202, progress) and sessions.",
    "A parameter that is not listed is answered with 400 and named.",
    "",
    "| Method | Endpoint | | Parameters |",
    "|---|---|---|---|",
    ...CRUISE_CONTROL.map(row),
    "",
    "## Beside Cruise Control's",
    "",
    ...BESIDE,
    "",
    "## Where answers differ",
    "",
    ...DIFFERENCES.map((line) => `* ${line}`),
    "",
  ].join("\n");
}
