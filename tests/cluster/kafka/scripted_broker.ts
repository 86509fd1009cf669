/**
 * A TCP server that speaks just enough of Kafka's protocol to stand in for a broker that misbehaves: it answers
 * ApiVersions and leaves every other request to a script. Not for testing what Kafka does, only what we do about it.
 *
 * @module
 */

/** A request as it came over the wire. */
export interface RawRequest {
  /** The whole frame with its length. */
  readonly frame: Uint8Array;
  readonly apiKey: number;
  readonly correlationId: number;
}

/** What to do with a request: bytes to send, as they are; nothing to stay silent; "close" to hang up. */
export type Script = (request: RawRequest) => Uint8Array | undefined | "close";

/** A running server. */
export interface ScriptedBroker extends AsyncDisposable {
  readonly port: number;
  /** Requests other than ApiVersions, in order. */
  readonly requests: readonly RawRequest[];
  /** Connections accepted so far. */
  readonly connections: number;
  script: Script;
}

const API_VERSIONS = 18;

/** Starts one on a free port. It offers each API key of `offers` with the versions given. */
export function startScriptedBroker(
  offers: Readonly<Record<number, readonly [number, number]>>,
  script: Script,
): ScriptedBroker {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const requests: RawRequest[] = [];
  const open = new Set<Deno.Conn>();
  const broker = {
    port: (listener.addr as Deno.NetAddr).port,
    requests,
    connections: 0,
    script,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) connection.close();
      await serving;
    },
  };
  const serve = async (connection: Deno.Conn) => {
    open.add(connection);
    broker.connections++;
    try {
      for (;;) {
        const request = await readRequest(connection);
        if (request === undefined) break;
        if (request.apiKey === API_VERSIONS) {
          await write(connection, apiVersionsAnswer(request.correlationId, offers));
          continue;
        }
        requests.push(request);
        const answer = broker.script(request);
        if (answer === "close") break;
        if (answer !== undefined) await write(connection, answer);
      }
    } catch {
      // The client has gone, or the test is over.
    }
    open.delete(connection);
    try {
      connection.close();
    } catch {
      // Closed by the test.
    }
  };
  const accept = async () => {
    const served: Promise<void>[] = [];
    for await (const connection of listener) served.push(serve(connection));
    await Promise.all(served);
  };
  const serving = accept();
  return broker;
}

/** A whole answer frame. */
export function answerFrame(correlationId: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(8 + body.length);
  const view = new DataView(frame.buffer);
  view.setInt32(0, 4 + body.length);
  view.setInt32(4, correlationId);
  frame.set(body, 8);
  return frame;
}

function apiVersionsAnswer(
  correlationId: number,
  offers: Readonly<Record<number, readonly [number, number]>>,
): Uint8Array {
  const entries = Object.entries(offers);
  // Version 0 to 2: error code, array of key, lowest and highest version; from version 1 on a throttle time.
  const body = new Uint8Array(2 + 4 + entries.length * 6 + 4);
  const view = new DataView(body.buffer);
  view.setInt32(2, entries.length);
  entries.forEach(([key, [low, high]], i) => {
    view.setInt16(6 + i * 6, Number(key));
    view.setInt16(8 + i * 6, low);
    view.setInt16(10 + i * 6, high);
  });
  return answerFrame(correlationId, body);
}

async function readRequest(connection: Deno.Conn): Promise<RawRequest | undefined> {
  const head = await readExactly(connection, 4);
  if (head === undefined) return undefined;
  const body = await readExactly(connection, new DataView(head.buffer).getInt32(0));
  if (body === undefined) return undefined;
  const view = new DataView(body.buffer);
  const frame = new Uint8Array([...head, ...body]);
  return { frame, apiKey: view.getInt16(0), correlationId: view.getInt32(4) };
}

async function readExactly(connection: Deno.Conn, count: number): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const read = await connection.read(bytes.subarray(at));
    if (read === null) return undefined;
    at += read;
  }
  return bytes;
}

async function write(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
