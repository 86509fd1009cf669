/**
 * What the Jolokia source needs to know, checked.
 *
 * @module
 */
import type { Config } from "../../config/table.ts";
import { fail, ok, type Result } from "../../lib/failure.ts";

/** Where the agents are and how to log in. */
export interface JolokiaSettings {
  /** Address with {host} and {id} for every broker that `urlOf` does not list; undefined when only those are asked. */
  readonly template: string | undefined;
  readonly urlOf: ReadonlyMap<number, string>;
  /** Value of the Authorization header; undefined without a user. */
  readonly authorization: string | undefined;
  readonly deadlineMs: number;
}

/** A broker as far as an address needs it. */
export interface AgentBroker {
  readonly id: number;
  readonly host: string;
}

/** The settings; undefined when no agent is configured. Fails with `invalid_argument`. */
export function jolokiaSettings(config: Config): Result<JolokiaSettings | undefined> {
  const template = config["evenkeel.jolokia.url"]?.trim() || undefined;
  const items = config["evenkeel.jolokia.broker.urls"];
  if (template === undefined && items.length === 0) return ok(undefined);
  if (template !== undefined) {
    const problem = problemOf(agentUrl(template, { id: 1, host: "host" }));
    if (problem !== undefined) {
      return fail("invalid_argument", `Cannot use evenkeel.jolokia.url "${template}": ${problem}`);
    }
  }
  const urlOf = new Map<number, string>();
  for (const item of items) {
    const match = /^(\d+)\s*=\s*(.+)$/.exec(item);
    const problem = match === null ? "must be ID=URL" : problemOf(match[2]!);
    if (match === null || problem !== undefined) {
      return fail(
        "invalid_argument",
        `Cannot use evenkeel.jolokia.broker.urls item "${item}": ${problem}`,
      );
    }
    urlOf.set(Number(match[1]), withSlash(match[2]!));
  }
  const user = config["evenkeel.jolokia.user"];
  return ok({
    template,
    urlOf,
    authorization: user === undefined
      ? undefined
      : basic(user, config["evenkeel.jolokia.password"] ?? ""),
    deadlineMs: config["evenkeel.jolokia.deadline.ms"],
  });
}

/** The address of a broker's agent; undefined when none is configured for it. */
export function agentUrlOf(settings: JolokiaSettings, broker: AgentBroker): string | undefined {
  const own = settings.urlOf.get(broker.id);
  if (own !== undefined) return own;
  return settings.template === undefined ? undefined : agentUrl(settings.template, broker);
}

function agentUrl(template: string, { id, host }: AgentBroker): string {
  const shown = host.includes(":") ? `[${host}]` : host;
  return withSlash(template.replaceAll("{host}", shown).replaceAll("{id}", String(id)));
}

/** The agent answers a POST only under the address that ends with a slash. */
function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}

function problemOf(url: string): string | undefined {
  if (!URL.canParse(url)) return "must be an address such as http://{host}:8778/jolokia/";
  const { protocol, username, password } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return "must begin with http:// or https://";
  if (username !== "" || password !== "") {
    return "must not hold a password; set evenkeel.jolokia.user and evenkeel.jolokia.password";
  }
  return undefined;
}

function basic(user: string, password: string): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
