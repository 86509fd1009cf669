/**
 * Numbers and columns as Java's `Formatter` prints them, because clients' scripts cut the plain-text answers by
 * column.
 *
 * @module
 */

/**
 * `value` with `digits` decimals, halves rounded away from zero on the shortest decimal form (as Java does);
 * `toFixed` rounds the binary value and gives 1.00 for 1.005. What is not finite prints as 0.
 */
export function fixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return (0).toFixed(digits);
  const text = String(Math.abs(value));
  if (text.includes("e")) return value.toFixed(digits);
  const [whole, fraction = ""] = text.split(".") as [string, string?];
  if (fraction.length <= digits) return value.toFixed(digits);
  let scaled = BigInt(whole + fraction.slice(0, digits));
  if (fraction.charCodeAt(digits) >= 53) scaled += 1n; // "5" or more
  const padded = scaled.toString().padStart(digits + 1, "0");
  const body = digits === 0
    ? padded
    : `${padded.slice(0, padded.length - digits)}.${padded.slice(padded.length - digits)}`;
  return value < 0 && scaled !== 0n ? `-${body}` : body;
}

/** Right-aligned in at least `width` columns; longer values push the line wider. */
export function right(value: string | number, width: number): string {
  return String(value).padStart(width);
}

/** Left-aligned in at least `width` columns. */
export function left(value: string | number, width: number): string {
  return String(value).padEnd(width);
}

/** A list as Java prints it: `[a, b]`. */
export function list(items: readonly (string | number)[]): string {
  return `[${items.join(", ")}]`;
}

/** A map as Java prints it: `{k=v, k2=v2}`. */
export function map(entries: readonly (readonly [string, string | number])[]): string {
  return `{${entries.map(([key, value]) => `${key}=${value}`).join(", ")}}`;
}

/** A double as Java's `toString` prints it: always with a fraction. */
export function double(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** A time as `2026-11-23T09:55:37Z`. `atMs` epoch ms. */
export function utcSeconds(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}
