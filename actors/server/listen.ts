/**
 * Listening on a port.
 *
 * @module
 */
import type { Clock, Timer } from "../../lib/clock.ts";
import { fail, failureFrom, ok, type Result } from "../../lib/failure.ts";
import type { Log } from "../../lib/log.ts";
import type { Handler } from "./app.ts";
import type { ServerSettings } from "./settings.ts";

/** An open port. */
export interface Listener {
  readonly port: number;
  /** Lets no new request in, waits for the running ones, then closes. */
  stop(): Promise<void>;
}

/** After a port that was lost, and between two tries to open it again. */
const REOPEN_MS = 500;

/**
 * Opens the port. Fails with `invalid_argument` when the address or port cannot be had.
 *
 * Accepting fails for good when the process has no file descriptor left, e.g. because somebody holds a thousand
 * connections open. Then all connections are dropped, which gives the descriptors back, and the port is opened again.
 */
export function listen(
  settings: ServerSettings,
  handler: Handler,
  deps: { clock: Clock; log: Log },
): Result<Listener> {
  try {
    return ok(new LastingListener(settings, handler, deps));
  } catch (error) {
    return listenFailure(error, settings);
  }
}

class LastingListener implements Listener {
  readonly port: number;
  readonly #settings: ServerSettings;
  readonly #handler: Handler;
  readonly #clock: Clock;
  readonly #log: Log;
  #server: Deno.HttpServer | undefined;
  #reopening: Timer | undefined;
  #isClosed = false;

  constructor(settings: ServerSettings, handler: Handler, deps: { clock: Clock; log: Log }) {
    this.#settings = settings;
    this.#handler = handler;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.port = this.#open(settings.port);
  }

  async stop(): Promise<void> {
    this.#isClosed = true;
    this.#reopening?.cancel();
    await this.#server?.shutdown();
  }

  /** Throws what the system says. Gives the port, which differs from `port` when that is 0. */
  #open(port: number): number {
    const cut = new AbortController();
    const server = Deno.serve(
      { hostname: this.#settings.address, port, signal: cut.signal, onListen() {} },
      (request, info) =>
        this.#handler(request, {
          address: "hostname" in info.remoteAddr ? info.remoteAddr.hostname : "",
        }),
    );
    this.#server = server;
    server.finished.catch((error) => this.#lost(cut, error));
    return server.addr.port;
  }

  #lost(cut: AbortController, error: unknown): void {
    if (this.#isClosed) return;
    this.#log.error("Lost the port; all connections are dropped and it is opened again", {
      port: this.port,
      reason: error instanceof Error ? error.message : String(error),
    });
    this.#server = undefined;
    cut.abort();
    this.#reopenLater();
  }

  #reopenLater(): void {
    this.#reopening = this.#clock.setTimer(this.#clock.nowMs() + REOPEN_MS, () => {
      try {
        this.#open(this.port);
        this.#log.info("Opened the port again", { port: this.port });
      } catch (error) {
        this.#log.warn("Cannot open the port again yet", {
          reason: error instanceof Error ? error.message : String(error),
        });
        this.#reopenLater();
      }
    });
  }
}

function listenFailure(error: unknown, { address, port }: ServerSettings) {
  const what = `Cannot listen on ${address}:${port}`;
  if (error instanceof Deno.errors.AddrInUse) {
    return fail(
      "invalid_argument",
      `${what}: another program listens there; end it or set webserver.http.port to a free port`,
    );
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return fail(
      "invalid_argument",
      `${what}: this user may not; set webserver.http.port to 1024 or more`,
    );
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return fail(
      "invalid_argument",
      `${what}: this machine has no such address; set webserver.http.address to one that it has`,
    );
  }
  return {
    ok: false as const,
    failure: failureFrom(error, what, { code: "invalid_argument" }),
  };
}
