/**
 * The routes: health, metrics, the index page and the two faces of the API; authentication, limits and CORS before
 * them.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { failureFrom } from "../../lib/failure.ts";
import { VERSION } from "../../lib/version.ts";
import { type Credentials, mayCall, type User, userOf } from "./credentials.ts";
import { type DispatchDeps, Dispatcher, findEndpoint } from "./dispatch.ts";
import type { Role } from "./endpoint.ts";
import { askActors, healthOf } from "./health.ts";
import { indexPage } from "./index_page.ts";
import { jsonText } from "./json.ts";
import type { Metrics } from "./metrics.ts";
import type { Surface } from "./surface.ts";

/**
 * The version that one command-line client parses and demands to be at least 2.0.61: of the API that is spoken, not
 * of this program.
 */
const CRUISE_CONTROL_VERSION = "3.0.4";

/** Request headers that browsers' user interfaces send besides the configured ones. */
const UI_HEADERS = ["User-Task-ID", "Content-Type", "Cache-Control", "Cache-buster"];

/** What the routes need. */
export interface AppDeps extends DispatchDeps {
  readonly surfaces: readonly Surface[];
  /** Undefined when callers need not authenticate. */
  readonly credentials: Credentials | undefined;
  readonly metrics: Metrics;
  readonly startedMonotonicMs: number;
}

/** What the listener tells about the connection. */
export interface Connection {
  /** Address of the socket's other end. */
  readonly address: string;
}

type App = Hono<{ Bindings: { connection?: Connection }; Variables: { user: User | undefined } }>;
type Ctx = Context<
  { Bindings: { connection?: Connection }; Variables: { user: User | undefined } }
>;

/** A function from requests to answers; needs no port. */
export type Handler = (request: Request, connection: Connection) => Promise<Response>;

/** Builds the routes. */
export function createApp(deps: AppDeps): Handler {
  const app: App = new Hono();
  const dispatcher = new Dispatcher(deps);
  app.use("*", (c, next) => observed(c, next, deps));
  app.use("*", (c, next) => guarded(c, next, deps));
  app.get("/", (c) => c.html(indexPage(deps.surfaces)));
  app.get("/healthz", (c) => healthz(c, deps));
  app.get("/metrics", (c) => metrics(c, deps));
  for (const surface of deps.surfaces) {
    app.all(`${surface.prefix}/*`, (c) => dispatch(c, surface, { dispatcher, deps }));
    app.all(surface.prefix, (c) => dispatch(c, surface, { dispatcher, deps }));
  }
  app.notFound((c) => plain(404, `Nothing is at ${c.req.path}; see / for what there is\n`));
  app.onError((error, c) => {
    const failure = failureFrom(error, `Cannot answer ${c.req.method} ${c.req.path}`);
    deps.context.log.error("A request failed in a way that nobody foresaw", {
      reason: failure.message,
    });
    return plain(500, failure.message);
  });
  return async (request, connection) => await app.fetch(request, { connection });
}

function plain(status: number, body: string): Response {
  return new Response(body, {
    status,
    headers: { "Content-Type": "text/plain;charset=utf-8" },
  });
}

function surfaceOf(path: string, deps: AppDeps): Surface | undefined {
  return deps.surfaces.find((surface) =>
    path === surface.prefix || path.startsWith(`${surface.prefix}/`)
  );
}

/** Headers that every answer has, the access log, and the time it took. */
async function observed(c: Ctx, next: () => Promise<void>, deps: AppDeps): Promise<void> {
  const { clock, log } = deps.context;
  const startMs = clock.monotonicMs();
  await next();
  const durationMs = clock.monotonicMs() - startMs;
  c.res.headers.set("Date", new Date(clock.nowMs()).toUTCString());
  c.res.headers.set("Cruise-Control-Version", CRUISE_CONTROL_VERSION);
  c.res.headers.set("Cruise-Control-Commit_Id", `evenkeel-${VERSION}`);
  addCors(c, deps);
  const surface = surfaceOf(c.req.path, deps);
  const endpoint = surface && findEndpoint(surface, c.req.method, c.req.path);
  await deps.metrics.observeRequest(endpoint?.name ?? "other", c.res.status, durationMs / 1000);
  if (deps.settings.accessLog) {
    // People who watch or poll would fill the log with what went well.
    const write = c.res.status < 400 ? log.debug : log.info;
    write("Answered a request", {
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      ms: Math.round(durationMs),
      client: c.env.connection?.address ?? "",
      user: c.get("user")?.name ?? "",
    });
  }
}

function originFor(c: Ctx, configured: string): string {
  // Browsers refuse * together with credentials.
  return configured === "*" ? c.req.header("origin") ?? "*" : configured;
}

function addCors(c: Ctx, deps: AppDeps): void {
  const { cors } = deps.settings;
  if (cors === undefined || surfaceOf(c.req.path, deps) === undefined) return;
  const { headers } = c.res;
  headers.append("Vary", "Origin");
  headers.set("Access-Control-Allow-Origin", originFor(c, cors.origin));
  headers.set("Access-Control-Allow-Credentials", "true");
  if (c.req.method !== "OPTIONS") {
    headers.set("Access-Control-Expose-Headers", cors.exposeHeaders);
    return;
  }
  const configured = cors.exposeHeaders.split(",").map((name) => name.trim());
  const known = new Set(configured.map((name) => name.toLowerCase()));
  const allowed = [
    ...configured,
    ...UI_HEADERS.filter((name) => !known.has(name.toLowerCase())),
  ];
  headers.set("Access-Control-Allow-Methods", cors.methods);
  headers.set("Access-Control-Allow-Headers", allowed.join(", "));
  headers.set("Access-Control-Max-Age", "1728000");
}

/** Limits, preflight, other sites and authentication, before any route. */
async function guarded(
  c: Ctx,
  next: () => Promise<void>,
  deps: AppDeps,
): Promise<Response | void> {
  const max = deps.settings.headerBytesMax;
  if (c.req.url.length > max) return plain(414, `The URL is longer than ${max} bytes`);
  if (headerBytes(c.req.raw.headers) > max) return plain(431, `Headers are over ${max} bytes`);
  const surface = surfaceOf(c.req.path, deps);
  if (c.req.method === "OPTIONS" && surface !== undefined) return plain(200, "");
  if (!["GET", "POST", "HEAD"].includes(c.req.method)) {
    return plain(405, `Method ${c.req.method} is not allowed`);
  }
  if (isFromAnotherSite(c, deps)) {
    return plain(403, "Refused a changing request that a page of another origin sent");
  }
  if (deps.credentials !== undefined) {
    const user = userOf(deps.credentials, c.req.header("authorization"));
    c.set("user", user);
    if (user === undefined && c.req.path !== "/healthz" && c.req.path !== "/") {
      return challenge(c);
    }
  }
  await next();
}

function headerBytes(headers: Headers): number {
  let bytes = 0;
  for (const [name, value] of headers) bytes += name.length + value.length + 4;
  return bytes;
}

/**
 * A page anywhere on the web can make a browser send a POST to 127.0.0.1. Browsers say where a request comes from;
 * other clients do not send the header.
 */
function isFromAnotherSite(c: Ctx, deps: AppDeps): boolean {
  const site = c.req.header("sec-fetch-site");
  if (c.req.method !== "POST" || (site !== "cross-site" && site !== "same-site")) return false;
  const allowed = deps.settings.cors?.origin;
  return allowed !== "*" && (allowed === undefined || allowed !== c.req.header("origin"));
}

function challenge(c: Ctx): Response {
  return page(c, 401, "Unauthorized", {
    "WWW-Authenticate": 'basic realm="DefaultLoginService"',
  });
}

/** An error page as upstream's container makes it; clients look at its status only. */
function page(
  c: Ctx,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  const wantsJson = (c.req.header("accept") ?? "").includes("application/json");
  const body = wantsJson
    ? jsonText({ url: c.req.path, status: String(status), message, servlet: "evenkeel" })
    : `<!doctype html><title>Error ${status}</title><h1>${status} ${message}</h1>\n`;
  return new Response(body, {
    status,
    headers: {
      "Content-Type": wantsJson ? "application/json;charset=utf-8" : "text/html;charset=utf-8",
      ...headers,
    },
  });
}

function dispatch(
  c: Ctx,
  surface: Surface,
  options: { dispatcher: Dispatcher; deps: AppDeps },
): Promise<Response> | Response {
  const user = c.get("user");
  const endpoint = findEndpoint(surface, c.req.method, c.req.path);
  if (user !== undefined && endpoint !== undefined && !mayCall(user, endpoint.role)) {
    return page(c, 403, `Forbidden: role ${endpoint.role} is needed`);
  }
  return options.dispatcher.handle(c.req.raw, surface, {
    address: c.env.connection?.address ?? "",
    user,
  });
}

function missesRole(c: Ctx, deps: AppDeps, role: Role): boolean {
  const user = c.get("user");
  return deps.credentials !== undefined && (user === undefined || !mayCall(user, role));
}

/** 200 when every actor answers, 503 otherwise. Open to all, so that probes need no password; reasons are not. */
async function healthz(c: Ctx, deps: AppDeps): Promise<Response> {
  const states = await askActors(deps.context, { deadlineMs: deps.settings.askTimeoutMs });
  const health = healthOf(states, deps.facts);
  const isWell = health.every((actor) => actor.ok);
  const hidesReasons = missesRole(c, deps, "VIEWER");
  const actors = health.map(({ actor, ok, problem, restarts }) => ({
    actor,
    ok,
    ...(problem !== undefined && !hidesReasons ? { problem } : {}),
    ...(restarts !== undefined ? { restarts } : {}),
  }));
  return new Response(`${jsonText({ ok: isWell, actors })}\n`, {
    status: isWell ? 200 : 503,
    headers: { "Content-Type": "application/json;charset=utf-8", "Cache-Control": "no-store" },
  });
}

async function metrics(c: Ctx, deps: AppDeps): Promise<Response> {
  if (missesRole(c, deps, "VIEWER")) return page(c, 403, "Forbidden: role VIEWER is needed");
  const deadline = { deadlineMs: deps.settings.askTimeoutMs };
  const [states, classifier] = await Promise.all([
    askActors(deps.context, deadline),
    deps.context.request({ kind: "get_classifier_state" }, deadline),
  ]);
  const { body, contentType } = await deps.metrics.render({
    states,
    classifier,
    health: healthOf(states, deps.facts),
    facts: deps.facts,
    activeTasks: deps.tasks.all().filter((task) => task.status === "Active").length,
    sessions: deps.sessions.size,
    uptimeS: (deps.context.clock.monotonicMs() - deps.startedMonotonicMs) / 1000,
  });
  return new Response(body, { headers: { "Content-Type": contentType } });
}
