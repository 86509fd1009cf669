/** Makes docs/configuration.md from the table of configuration keys. */
import type { Key } from "../config/key.ts";
import { rangeText } from "../config/parse.ts";
import { ANALYZER_KEYS } from "../config/keys/analyzer.ts";
import { EXECUTOR_KEYS } from "../config/keys/executor.ts";
import { KAFKA_CLIENT_KEYS } from "../config/keys/kafka_client.ts";
import { MONITOR_KEYS } from "../config/keys/monitor.ts";
import { WEBSERVER_KEYS } from "../config/keys/webserver.ts";
import { KEYS } from "../config/table.ts";

const SECTIONS: readonly { title: string; keys: Readonly<Record<string, Key>> }[] = [
  { title: "Connecting to Kafka", keys: KAFKA_CLIENT_KEYS },
  { title: "Monitor: sampling and windows", keys: MONITOR_KEYS },
  { title: "Analyzer: goals and limits", keys: ANALYZER_KEYS },
  { title: "Executor", keys: EXECUTOR_KEYS },
  { title: "Web server", keys: WEBSERVER_KEYS },
];

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function row(name: string, key: Key): string {
  const fallback = key.default === undefined
    ? "(none)"
    : key.default === ""
    ? "(empty)"
    : `\`${key.default}\``;
  return `| \`${name}\` | ${cell(fallback)} | ${cell(key.unit)} | ${cell(rangeText(key))} | ${
    cell(key.doc)
  } |`;
}

function section(title: string, keys: Readonly<Record<string, Key>>): string {
  const rows = Object.keys(keys).sort().map((name) => row(name, keys[name]!));
  if (rows.length === 0) return "";
  return [
    `## ${title}`,
    "",
    "| Key | Default | Unit | Allowed | Meaning |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

/** The whole page. */
export function configurationPage(): string {
  const listed = new Set(SECTIONS.flatMap(({ keys }) => Object.keys(keys)));
  const all = KEYS as Readonly<Record<string, Key>>;
  const native = Object.fromEntries(Object.entries(all).filter(([name]) => !listed.has(name)));
  return [
    "# Configuration",
    "",
    "Settings come from a Java property file (`--config FILE.properties`), then from `--set KEY=VALUE`, later ones winning.",
    "Cruise Control's keys keep their names, units and defaults; `evenkeel.*` keys are ours. An unknown key is ignored with a",
    "warning that names the one that was probably meant, if any; a value that is not allowed stops the start and says what is.",
    "",
    "This page is generated from `config/keys/` by `deno run -A tools/pages.ts`.",
    "",
    ...SECTIONS.map(({ title, keys }) => section(title, keys)),
    section("Evenkeel's own", native),
  ].filter((part, i) => part !== "" || i < 8).join("\n");
}
