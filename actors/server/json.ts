/**
 * JSON as clients can read it, and the schema that describes it.
 *
 * @module
 */
import { settle } from "../../lib/clock.ts";

/** JSON text; a number that is not finite becomes 0, because `NaN` and `null` break clients' parsers. */
export function jsonText(value: unknown): string {
  return JSON.stringify(
    value,
    (_, member: unknown) => typeof member === "number" && !Number.isFinite(member) ? 0 : member,
  );
}

/** JSON text where what is not known is null: the form of our own API. */
export function nativeJsonText(value: unknown): string {
  return JSON.stringify(value);
}

/** Lists with more items than this are written with pauses; others cost some milliseconds. */
const ITEMS_AT_ONCE = 1000;

/** What `write` makes of an object with lists that may be long, made with pauses in which other requests have their turn. */
export async function longText(value: object, write: (value: unknown) => string): Promise<string> {
  const members: string[] = [];
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    // As in JSON: what is not there is not written.
    if (member !== undefined) {
      members.push(`${JSON.stringify(name)}:${await longMember(member, write)}`);
    }
  }
  return `{${members.join(",")}}`;
}

async function longMember(member: unknown, write: (value: unknown) => string): Promise<string> {
  if (Array.isArray(member) && member.length > ITEMS_AT_ONCE) {
    const items: string[] = [];
    for (let from = 0; from < member.length; from += ITEMS_AT_ONCE) {
      items.push(write(member.slice(from, from + ITEMS_AT_ONCE)).slice(1, -1));
      await settle();
    }
    return `[${items.join(",")}]`;
  }
  const holdsMembers = typeof member === "object" && member !== null && !Array.isArray(member) &&
    !("toJSON" in member);
  return holdsMembers ? await longText(member, write) : write(member);
}

/** A schema derived from a body, the value of `Cruise-Control-JSON-Schema`. Null members are left out. */
function schemaOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.length === 0
      ? { type: "array" }
      : { type: "array", items: [schemaOf(value[0] as unknown)] };
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== null);
    return {
      type: "object",
      properties: Object.fromEntries(members.map(([name, member]) => [name, schemaOf(member)])),
    };
  }
  return { type: typeof value };
}

/** The schema of a parsed answer as one header line: ASCII, since members may be paths of any script. */
export function schemaHeader(value: unknown): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(schemaOf(value)).replace(/[^\x20-\x7e]/g, escaped);
}
