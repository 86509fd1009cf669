/**
 * Talks to a running Evenkeel: follows the asynchronous protocol until the answer is there.
 *
 * @module
 */
import { sleepUntil } from "../lib/clock.ts";
import { fail, type Failure, failureFrom, ok, type Result } from "../lib/failure.ts";
import type { Io } from "./io.ts";
import type { ProgressStep } from "./wire.ts";

/** Where `evenkeel start` listens unless told otherwise. */
export const DEFAULT_URL = "http://127.0.0.1:9090";

/** Path of the API that this client speaks. */
const API = "/evenkeel/v1";

/** The server holds a request open while it works; one that answers 202 sooner is not asked again at once. */
const POLL_MS = 500;

/** Values of parameters; undefined ones are not sent. */
export type Query = Readonly<
  Record<string, string | number | boolean | readonly (string | number)[] | undefined>
>;

/** One running Evenkeel. */
export interface Client {
  /** Calls an endpoint and waits for its final answer. `onProgress` is told of the steps meanwhile. */
  call<T>(
    method: "GET" | "POST",
    endpoint: string,
    options?: { query?: Query; onProgress?: (steps: readonly ProgressStep[]) => void },
  ): Promise<Result<T>>;
  /** Calls an endpoint whose answer is too large to be held as text. What breaks off later fails as reading the body does. */
  stream(endpoint: string, query: Query): Promise<Result<ReadableStream<Uint8Array>>>;
}

/** What `--url` names. Fails with `invalid_argument` on something that is no URL of a server. */
export function baseOf(url: string): Result<URL> {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  if (base === undefined) {
    return fail("invalid_argument", `Cannot use --url ${url}: must be like ${DEFAULT_URL}`);
  }
  if (base.protocol !== "http:" && base.protocol !== "https:") {
    return fail("invalid_argument", `Cannot use --url ${url}: must begin with http:// or https://`);
  }
  return ok(base);
}

/** A client of the Evenkeel at `url`; user and password may stand in it. Fails on something that is no URL. */
export function createClient(url: string, io: Io): Result<Client> {
  const read = baseOf(url);
  if (!read.ok) return read;
  const base = read.value;
  const headers = new Headers({ Accept: "application/json" });
  if (base.username !== "") {
    const pair = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
    headers.set("Authorization", `Basic ${base64(pair)}`);
    base.username = "";
    base.password = "";
  }
  const root = base.href.replace(/\/+$/, "");
  return ok({
    async call<T>(
      method: "GET" | "POST",
      endpoint: string,
      options: { query?: Query; onProgress?: (steps: readonly ProgressStep[]) => void } = {},
    ): Promise<Result<T>> {
      const target = `${root}${API}/${endpoint}${queryText(options.query ?? {})}`;
      const sent = new Headers(headers);
      for (;;) {
        const askedMs = io.clock.nowMs();
        const got = await ask(io, new Request(target, { method, headers: sent }), root);
        if (!got.ok) return got;
        const { response, body } = got.value;
        if (response.status !== 202) return finalAnswer<T>(response, body, target);
        const taskId = response.headers.get("user-task-id");
        if (taskId !== null) sent.set("User-Task-ID", taskId);
        options.onProgress?.((body as { progress?: ProgressStep[] }).progress ?? []);
        await sleepUntil(io.clock, askedMs + POLL_MS);
      }
    },
    async stream(endpoint, query) {
      const target = `${root}${API}/${endpoint}${queryText(query)}`;
      let response: Response;
      try {
        response = await io.fetch(new Request(target, { headers }));
        if (response.ok && response.body !== null) return ok(response.body);
        return finalAnswer(response, parsed(await response.text()), target);
      } catch (error) {
        return unreachable(error, root);
      }
    },
  });
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function queryText(query: Query): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (Array.isArray(value)) {
      if (value.length > 0) pairs.set(name, value.join(","));
    } else {
      pairs.set(name, String(value));
    }
  }
  const text = pairs.toString();
  return text === "" ? "" : `?${text}`;
}

async function ask(
  io: Io,
  request: Request,
  root: string,
): Promise<Result<{ response: Response; body: unknown }>> {
  try {
    const response = await io.fetch(request);
    return ok({ response, body: parsed(await response.text()) });
  } catch (error) {
    return unreachable(error, root);
  }
}

/** Undefined where the text is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function unreachable(error: unknown, root: string): { readonly ok: false; failure: Failure } {
  const reason = failureFrom(error, `Cannot reach Evenkeel at ${root}`, {
    code: "cluster_unreachable",
    retriable: true,
  });
  const details = [
    "Start it with: evenkeel start",
    "Or say where it runs: --url http://HOST:PORT",
  ];
  return { ok: false, failure: { ...reason, details } };
}

function finalAnswer<T>(response: Response, body: unknown, target: string): Result<T> {
  if (response.ok && body !== undefined) return ok(body as T);
  const failure = (body as { failure?: Failure } | undefined)?.failure;
  if (failure?.code !== undefined && failure.message !== undefined) return { ok: false, failure };
  if (response.status === 401) {
    return fail(
      "authentication_failed",
      "Cannot log in: user or password is wrong or missing; give them as --url http://USER:PASSWORD@HOST:PORT",
    );
  }
  if (response.status === 403) {
    return fail("authorization_failed", `Cannot call ${target}: the user's role does not suffice`);
  }
  return fail(
    "protocol_error",
    `Cannot understand what ${target} answered (HTTP ${response.status}): is it an Evenkeel?`,
  );
}
