/**
 * What a request carries besides its path: parameters of the URL and of a form, and JSON where the endpoint reads it.
 *
 * @module
 */
import { type Clock, withDeadline } from "../../lib/clock.ts";

/** A body larger than this is refused; parameters fit in a fraction of it. */
const BODY_BYTES_MAX = 1024 * 1024;

/** A client that sends slower than this is let go: a body that never comes would hold its connection for good. */
const BODY_WITHIN_MS = 30_000;

/** What was sent; or why it was not taken, as a status and a sentence. */
export type Given =
  | { readonly ok: true; readonly query: URLSearchParams; readonly body: string | undefined }
  | { readonly ok: false; readonly status: 400 | 408 | 413; readonly problem: string };

/** Reads a request's parameters, and its body as text when it is JSON and `readsJson`. Other bodies are ignored. */
export async function readGiven(
  request: Request,
  options: { readonly readsJson: boolean; readonly clock: Clock },
): Promise<Given> {
  const query = new URLSearchParams(new URL(request.url).search);
  const type = request.headers.get("content-type") ?? "";
  const isForm = /^application\/x-www-form-urlencoded/i.test(type);
  const isJson = options.readsJson && /^application\/json/i.test(type);
  if ((!isForm && !isJson) || request.body === null) return { ok: true, query, body: undefined };
  const read = await readLimited(request.body, options.clock);
  if (!read.ok) return read;
  if (isJson) return { ok: true, query, body: read.text };
  for (const [name, value] of new URLSearchParams(read.text)) query.append(name, value);
  return { ok: true, query, body: undefined };
}

type Read = { readonly ok: true; readonly text: string } | Given & { readonly ok: false };

async function readLimited(body: ReadableStream<Uint8Array>, clock: Clock): Promise<Read> {
  const reader = body.getReader();
  const end = clock.nowMs() + BODY_WITHIN_MS;
  const read = await withDeadline(clock, end, readAll(reader));
  if (read.inTime) return read.value;
  // The answer goes out whether or not the connection takes it.
  reader.cancel().catch(() => {});
  const problem = `The body did not arrive within ${BODY_WITHIN_MS / 1000} s`;
  return { ok: false, status: 408, problem };
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Read> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      bytes += next.value.byteLength;
      if (bytes > BODY_BYTES_MAX) {
        const problem = `The body is larger than ${BODY_BYTES_MAX} bytes`;
        return { ok: false, status: 413, problem };
      }
      text += decoder.decode(next.value, { stream: true });
    }
  } catch {
    return { ok: false, status: 400, problem: "The connection broke before the body had arrived" };
  }
  return { ok: true, text: text + decoder.decode() };
}
