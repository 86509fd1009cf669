/**
 * JSON as clients can read it, and the schema that describes it.
 *
 * @module
 */

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

/** A schema derived from a body, the value of `Cruise-Control-JSON-Schema`. Null members are left out. */
export function schemaOf(value: unknown): unknown {
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
