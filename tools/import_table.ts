/**
 * Who may import whom, by folder from the top of the repository. The lint plugin reads this table; nothing else
 * repeats it. A folder that is not listed may be imported by nobody but itself.
 *
 * @module
 */

/** What a part of the tree may import besides itself; entries are folders or single files. First match wins. */
export const IMPORT_TABLE: readonly { readonly part: string; readonly may: readonly string[] }[] = [
  { part: "lib", may: [] },
  { part: "model", may: ["lib"] },
  { part: "config", may: ["lib"] },
  { part: "goals", may: ["model", "lib"] },
  { part: "planner", may: ["goals", "model", "lib"] },
  // It judges plans, so it shares nothing with what makes them.
  { part: "planner/verify", may: ["goals/constraint.ts", "model", "lib"] },
  { part: "load", may: ["model", "lib"] },
  { part: "messages", may: ["model", "lib"] },
  { part: "store", may: ["model", "config", "lib"] },
  { part: "cluster", may: ["model", "config", "lib"] },
  {
    part: "actors/*",
    may: [
      "goals",
      "planner",
      "load",
      "messages",
      "model",
      "store",
      "cluster/gateway.ts",
      "config",
      "lib",
    ],
  },
  { part: "workers", may: ["actors", "messages", "store", "cluster", "model", "config", "lib"] },
  { part: "cli", may: ["goals", "planner", "load", "model", "cluster", "store", "config", "lib"] },
  { part: "main.ts", may: ["cli", "workers", "config", "lib"] },
  { part: "tests", may: ["*"] },
  { part: "bench", may: ["*"] },
  { part: "tools", may: ["*"] },
];

/** npm packages that one folder alone may import, with the reason. */
export const PACKAGE_OWNERS: readonly {
  readonly name: string;
  readonly owners: readonly string[];
  readonly why: string;
}[] = [
  {
    name: "kafkajs",
    owners: ["cluster/kafka", "tests", "bench"],
    why: "the cluster port hides which client is used",
  },
  { name: "better-sqlite3", owners: ["store", "tests"], why: "the store holds the only SQL" },
  { name: "hono", owners: ["actors/server"], why: "the server alone speaks HTTP" },
  { name: "prom-client", owners: ["actors/server"], why: "the server alone renders /metrics" },
  {
    name: "ml-random-forest",
    owners: ["actors/classifier", "tests"],
    why: "the classifier alone grows trees; others ask it",
  },
  { name: "commander", owners: ["cli", "main.ts"], why: "the command line alone parses arguments" },
];
