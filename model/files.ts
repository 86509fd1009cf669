/**
 * Files of snapshots and plans, read and written whole: packed when their name ends in `.gz`, never larger than the
 * arrays that are made from them may be, and never there by half.
 *
 * @module
 */
import { fail, FailureError, failureFrom, ok, type Result } from "../lib/failure.ts";

/**
 * Most bytes of text that are read: 7 million partitions at their usual 150 bytes. It keeps a packed file, which can
 * grow a thousandfold, from taking all memory.
 */
export const FILE_BYTES_MAX = 2 ** 30;

/** Bytes gathered before they are written: each writing costs a way to another thread and back. */
const CHUNK_BYTES = 1 << 19;

/** How a file is read. */
export interface ReadOptions {
  /** {@link FILE_BYTES_MAX} unless given. */
  readonly bytesMax?: number;
}

/** Bytes that are read at once: small enough to stay in a processor's cache until they are used. */
export const PIECE_BYTES = 2 ** 18;

/** How packed files begin (RFC 1952). */
const GZIP = [0x1f, 0x8b];

/**
 * One of so many pieces is read or written by another thread, so that signals and timers have their turn; the way there and back
 * takes as long as copying the piece.
 */
const TURN = 8;

/** Where the bytes of a file go. */
export interface Sink {
  /**
   * Room for as many bytes as wanted or more, behind those that were taken.
   *
   * @param size bytes of the whole file, 0 when not known
   */
  room(wanted: number, size: number): Uint8Array;
  /** Takes that many bytes that were put into the room. */
  take(count: number): void;
}

/**
 * Hands the bytes of a file on, piece by piece, unpacked when it is packed or its name says so. `what` is its name in the message
 * of `invalid_file`, which also comes when there are more than `bytesMax` bytes. What the sink throws is thrown.
 */
export async function readPieces(
  path: string,
  what: string,
  sink: Sink,
  options: ReadOptions = {},
): Promise<Result<void>> {
  try {
    // Leaving the loop closes the file.
    for await (const count of countsOf(path, what, { ...options, sink })) sink.take(count);
    return ok(undefined);
  } catch (error) {
    if (error instanceof FailureError) return { ok: false, failure: error.failure };
    throw error;
  }
}

/**
 * Puts pieces of a file into the sink's room and tells how long each is. Throws {@link FailureError} when the file cannot
 * be read, so that what the sink throws when it takes them stays apart.
 */
async function* countsOf(path: string, what: string, options: ReadOptions & { sink: Sink }) {
  const { bytesMax = FILE_BYTES_MAX, sink } = options;
  const action = `Cannot read ${what} ${path}`;
  const limited = (bytes: number) => {
    if (bytes <= bytesMax) return bytes;
    throw new TypeError(`must be at most ${bytesMax} bytes, unpacked`);
  };
  try {
    const info = Deno.statSync(path);
    if (info.isDirectory) throw new TypeError("it is a directory");
    // A pipe may have to wait for who writes to it.
    using file = info.isFile ? Deno.openSync(path) : await Deno.open(path);
    let length = 0;
    if (path.endsWith(".gz") || (info.isFile && isPacked(file))) {
      for await (const piece of file.readable.pipeThrough(new DecompressionStream("gzip"))) {
        length = limited(length + piece.length);
        sink.room(piece.length, 0).set(piece);
        yield piece.length;
      }
      return;
    }
    // What is no regular file has no size, and perhaps no end.
    const size = limited(info.isFile ? info.size : 0);
    for (let k = 1;; k++) {
      const room = sink.room(PIECE_BYTES, size).subarray(0, PIECE_BYTES);
      const count = info.isFile && k % TURN !== 0 ? file.readSync(room) : await file.read(room);
      if (count === null) return;
      length = limited(length + count);
      yield count;
    }
  } catch (error) {
    throw new FailureError(failureFrom(error, action, { code: "invalid_file" }));
  }
}

/** Whether a file begins as gzip's do; it stays at its begin. */
function isPacked(file: Deno.FsFile): boolean {
  const start = new Uint8Array(GZIP.length);
  file.readSync(start);
  file.seekSync(0, Deno.SeekMode.Start);
  return GZIP.every((byte, i) => start[i] === byte);
}

/**
 * All bytes of a file, unpacked when its name ends in `.gz`. `what` is its name in the message of `invalid_file`, which
 * also comes when there are more than `bytesMax` bytes; no more than those are held then.
 */
export async function readBytes(
  path: string,
  what: string,
  options: ReadOptions = {},
): Promise<Result<Uint8Array>> {
  let bytes = new Uint8Array(0);
  let length = 0;
  const room = (wanted: number, size: number) => {
    const end = length + wanted;
    // Room behind the file, too, where its end shows.
    if (end > bytes.length) {
      bytes = new Uint8Array(bytes.buffer.transfer(Math.max(size + wanted, end, 2 * length)));
    }
    return bytes.subarray(length);
  };
  const take = (count: number) => {
    length += count;
  };
  const read = await readPieces(path, what, { room, take }, options);
  return read.ok ? ok(bytes.subarray(0, length)) : read;
}

/** How a file is written. */
export interface WriteOptions {
  /** Gives up when it is aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Writes pieces of text, or of its UTF-8, to a file, packed when its name ends in `.gz`: under another name first, so that the file is
 * there as a whole or as it was before, whatever happens meanwhile. `what` names it in the failure's message.
 *
 * @returns `invalid_file` when it cannot be written, `cancelled` when the signal was aborted.
 */
export async function writeTextFile(
  path: string,
  pieces: Iterable<string | Uint8Array<ArrayBuffer>>,
  what: string,
  options: WriteOptions = {},
): Promise<Result<void>> {
  const action = `Cannot write ${what} ${path}`;
  const { signal } = options;
  let draft: string | undefined;
  try {
    const target = await writeTarget(path);
    if (target.isDirectory) return fail("invalid_file", `${action}: it is a directory`);
    // A pipe or a terminal cannot be replaced.
    draft = target.isReplaceable ? `${target.path}.${Deno.pid}.part` : undefined;
    const file = await Deno.open(draft ?? path, { write: true, create: true, truncate: true });
    if (path.endsWith(".gz")) await writePacked(file, encoded(pieces), signal);
    else await writePlain(file, encoded(pieces), { signal, isFile: draft !== undefined });
    if (draft !== undefined) await Deno.rename(draft, target.path);
    return ok(undefined);
  } catch (error) {
    if (draft !== undefined) await removeIfThere(draft);
    if (signal?.aborted === true) return fail("cancelled", `${action}: interrupted`);
    return { ok: false, failure: failureFrom(error, action, { code: "invalid_file" }) };
  }
}

/**
 * UTF-8 of a text in pieces, which must not cut a surrogate pair; bytes are taken as they are. Each chunk holds until the next
 * is asked for.
 */
function* encoded(
  pieces: Iterable<string | Uint8Array<ArrayBuffer>>,
): Generator<Uint8Array<ArrayBuffer>, void> {
  const encoder = new TextEncoder();
  let buffer = new Uint8Array(0);
  let length = 0;
  for (const piece of pieces) {
    if (typeof piece !== "string") {
      if (length > 0) yield buffer.subarray(0, length);
      length = 0;
      yield piece;
      continue;
    }
    if (buffer.length === 0) buffer = new Uint8Array(CHUNK_BYTES);
    for (let rest = piece; rest !== "";) {
      const { read, written } = encoder.encodeInto(rest, buffer.subarray(length));
      length += written;
      rest = rest.slice(read);
      if (rest === "") break;
      yield buffer.subarray(0, length);
      length = 0;
    }
  }
  if (length > 0) yield buffer.subarray(0, length);
}

/** Without streams: loading what they are made of takes as long as writing the plan of a small cluster. */
async function writePlain(
  file: Deno.FsFile,
  chunks: Iterable<Uint8Array>,
  { signal, isFile }: { signal: AbortSignal | undefined; isFile: boolean },
): Promise<void> {
  using open = file;
  let k = 0;
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      const rest = chunk.subarray(at);
      at += isFile && ++k % TURN !== 0 ? open.writeSync(rest) : await open.write(rest);
    }
    signal?.throwIfAborted();
  }
}

async function writePacked(
  file: Deno.FsFile,
  chunks: Generator<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal | undefined,
): Promise<void> {
  // A stream may ask for the next chunk before it has taken this one in.
  await ReadableStream.from(chunks.map((chunk) => chunk.slice()))
    .pipeThrough(new CompressionStream("gzip"))
    .pipeTo(file.writable, signal === undefined ? {} : { signal });
}

interface WriteTarget {
  /** With symbolic links followed: what they lead to is replaced, not they. */
  readonly path: string;
  readonly isReplaceable: boolean;
  readonly isDirectory: boolean;
}

async function writeTarget(path: string): Promise<WriteTarget> {
  try {
    const real = await Deno.realPath(path);
    const info = await Deno.stat(real);
    return { path: real, isReplaceable: info.isFile, isDirectory: info.isDirectory };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { path, isReplaceable: true, isDirectory: false };
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch {
    // It was not made, or the directory is gone, too.
  }
}
