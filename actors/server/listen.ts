/**
 * Listening on a port.
 *
 * @module
 */
import { fail, failureFrom, ok, type Result } from "../../lib/failure.ts";
import type { Handler } from "./app.ts";
import type { ServerSettings } from "./settings.ts";

/** An open port. */
export interface Listener {
  readonly port: number;
  /** Lets no new request in, waits for the running ones, then closes. */
  stop(): Promise<void>;
  /** Closes at once, cutting running requests off. */
  abort(): void;
}

/** Opens the port. Fails with `invalid_argument` when the address or port cannot be had. */
export function listen(settings: ServerSettings, handler: Handler): Result<Listener> {
  const { address, port } = settings;
  const abort = new AbortController();
  try {
    const server = Deno.serve(
      { hostname: address, port, signal: abort.signal, onListen() {} },
      (request, info) =>
        handler(request, {
          address: "hostname" in info.remoteAddr ? info.remoteAddr.hostname : "",
        }),
    );
    return ok({
      port: server.addr.port,
      stop: () => server.shutdown(),
      abort: () => abort.abort(),
    });
  } catch (error) {
    return listenFailure(error, settings);
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
