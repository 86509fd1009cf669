/**
 * Users, passwords and roles from a file in the format of Jetty's property file realm:
 * `user: password[,ROLE ...]`, the password plain or behind `OBF:` or `MD5:`.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { parseProperties } from "../../config/properties.ts";
import { fail, failureFrom, ok, type Result } from "../../lib/failure.ts";
import type { Role } from "./endpoint.ts";

const ROLES: readonly string[] = ["VIEWER", "USER", "ADMIN"] satisfies Role[];

/** Somebody who may call. */
export interface User {
  readonly name: string;
  readonly roles: ReadonlySet<Role>;
}

interface Entry extends User {
  /** Digest of the password in the scheme below. */
  readonly digest: Uint8Array;
  readonly scheme: "sha256" | "md5";
}

/** Everybody who may call. */
export interface Credentials {
  /** The user when the password is right. Takes as long for unknown names as for wrong passwords. */
  authenticate(name: string, password: string): User | undefined;
}

function digestOf(scheme: "sha256" | "md5", password: string): Uint8Array {
  return createHash(scheme).update(password, "utf8").digest();
}

/**
 * Undoes Jetty's `OBF:` obfuscation: groups of four base-36 digits, one a character (five digits after `U` for
 * characters outside ASCII). Format after Jetty's org.eclipse.jetty.util.security.Password (Apache-2.0/EPL-2.0).
 */
export function deobfuscate(text: string): string {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i += 4) {
    if (text[i] === "U") {
      const value = parseInt(text.slice(++i, i + 4), 36);
      bytes.push(value >> 8);
      continue;
    }
    const value = parseInt(text.slice(i, i + 4), 36);
    const first = Math.floor(value / 256);
    const second = value % 256;
    bytes.push((first + second - 254) >> 1);
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

function entryOf(name: string, secret: string, roles: ReadonlySet<Role>): Entry | string {
  if (secret.startsWith("CRYPT:")) {
    return `the password of ${name} is CRYPT:, which is not supported: write it as MD5: or OBF:`;
  }
  if (secret.startsWith("MD5:")) {
    const hex = secret.slice(4).toLowerCase();
    if (!/^[0-9a-f]{32}$/.test(hex)) {
      return `the MD5: of ${name} must be 32 hexadecimal digits, got ${hex.length} characters`;
    }
    const digest = Uint8Array.from(hex.match(/../g)!.map((pair) => parseInt(pair, 16)));
    return { name, roles, digest, scheme: "md5" };
  }
  const plain = secret.startsWith("OBF:") ? deobfuscate(secret.slice(4)) : secret;
  if (plain === "") return `the password of ${name} is empty`;
  return { name, roles, digest: digestOf("sha256", plain), scheme: "sha256" };
}

/** Reads the text of a credentials file. Fails with `invalid_file`, naming every mistake. */
export function parseCredentials(text: string, path: string): Result<Credentials> {
  const entries = new Map<string, Entry>();
  const problems: string[] = [];
  for (const [name, line] of parseProperties(text)) {
    const [secret = "", ...names] = line.split(",").map((part) => part.trim());
    const roles = names.map((role) => role.toUpperCase()).filter((role) => role !== "");
    const unknown = roles.filter((role) => !ROLES.includes(role));
    if (unknown.length > 0) {
      problems.push(`${name} has unknown roles [${unknown.join(", ")}], allowed ${ROLES}`);
    }
    const entry = entryOf(name, secret, new Set(roles as Role[]));
    if (typeof entry === "string") problems.push(entry);
    else entries.set(name, entry);
  }
  if (entries.size === 0 && problems.length === 0) problems.push("it names no user");
  if (problems.length > 0) {
    return fail("invalid_file", `Cannot use the credentials in ${path}: ${problems.join("; ")}`);
  }
  return ok({ authenticate: (name, password) => check(entries, name, password) });
}

const NOBODY: Entry = {
  name: "",
  roles: new Set(),
  digest: new Uint8Array(32),
  scheme: "sha256",
};

function check(entries: ReadonlyMap<string, Entry>, name: string, password: string) {
  const entry = entries.get(name) ?? NOBODY;
  const isRight = timingSafeEqual(digestOf(entry.scheme, password), entry.digest);
  return isRight && entry !== NOBODY ? { name: entry.name, roles: entry.roles } : undefined;
}

/** Reads a credentials file. Fails with `invalid_file`. */
export function readCredentials(path: string): Result<Credentials> {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    return {
      ok: false,
      failure: failureFrom(
        error,
        `Cannot read webserver.auth.credentials.file ${path}, which webserver.security.enable = true needs`,
        { code: "invalid_file" },
      ),
    };
  }
  return parseCredentials(text, path);
}

/** The user of an `Authorization: Basic` header, undefined when there is none or the password is wrong. */
export function userOf(credentials: Credentials, header: string | undefined): User | undefined {
  const encoded = /^basic +([a-z0-9+/=]+)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  let decoded: string;
  try {
    decoded = new TextDecoder().decode(
      Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0)),
    );
  } catch {
    return undefined;
  }
  const colon = decoded.indexOf(":");
  if (colon < 0) return undefined;
  return credentials.authenticate(decoded.slice(0, colon), decoded.slice(colon + 1));
}

/** Whether a user may call what needs a role. */
export function mayCall(user: User, needed: Role): boolean {
  const enough: Record<Role, readonly Role[]> = {
    VIEWER: ["VIEWER", "USER", "ADMIN"],
    USER: ["USER", "ADMIN"],
    ADMIN: ["ADMIN"],
  };
  return enough[needed].some((role) => user.roles.has(role));
}
