/**
 * One end of a two-way channel between two actors: a `MessagePort` between threads, or a pair in memory on one thread.
 *
 * @module
 */

/** One end of a channel. What is posted arrives once, in order, never while `post` runs. */
export interface Port {
  /** Sends a clone of `data`; buffers in `transfer` move and are empty here afterwards. */
  post(data: unknown, transfer?: readonly ArrayBufferLike[]): void;
  /** Sets the only receiver. What arrived before waits for it. */
  listen(receive: (data: unknown) => void): void;
  /** Ends both directions; what is underway may be lost. */
  close(): void;
}

/** A channel's end as it is handed over: a `MessagePort` must be wrapped in the thread that uses it. */
export type Endpoint = MessagePort | Port;

/** Makes an end usable in this thread. */
export function asPort(endpoint: Endpoint): Port {
  return endpoint instanceof MessagePort ? wrap(endpoint) : endpoint;
}

function wrap(port: MessagePort): Port {
  return {
    post: (data, transfer = []) => port.postMessage(data, movable(transfer)),
    listen(receive) {
      port.onmessage = (event: MessageEvent<unknown>) => receive(event.data);
    },
    close: () => port.close(),
  };
}

/** Shared buffers cannot move, and one buffer cannot be named twice. */
function movable(buffers: readonly ArrayBufferLike[]): ArrayBuffer[] {
  if (buffers.length === 0) return [];
  return [...new Set(buffers)].filter((buffer): buffer is ArrayBuffer =>
    buffer instanceof ArrayBuffer
  );
}

/**
 * Two connected ends on this thread, delivering as microtasks in the order of posting. With `clone` (the default)
 * messages are cloned as between threads, so that what does not survive a thread fails here, too.
 */
export function localChannel(options: { clone?: boolean } = {}): [Port, Port] {
  const clone = options.clone ?? true;
  const ends = [createEnd(), createEnd()] as const;
  let open = true;
  const port = (mine: LocalEnd, other: LocalEnd): Port => ({
    post(data, transfer = []) {
      const copy = clone ? structuredClone(data, { transfer: movable(transfer) }) : data;
      if (open) other.arrive(copy);
    },
    listen: (receive) => mine.listen(receive),
    close() {
      open = false;
      for (const end of ends) end.close();
    },
  });
  return [port(ends[0], ends[1]), port(ends[1], ends[0])];
}

interface LocalEnd {
  arrive(data: unknown): void;
  listen(receive: (data: unknown) => void): void;
  close(): void;
}

function createEnd(): LocalEnd {
  let waiting: unknown[] = [];
  let receiver: ((data: unknown) => void) | undefined;
  let pumping = false;
  const pump = () => {
    pumping = false;
    const batch = waiting;
    waiting = [];
    for (const data of batch) receiver?.(data);
  };
  const schedule = () => {
    if (pumping || receiver === undefined || waiting.length === 0) return;
    pumping = true;
    Promise.resolve().then(pump);
  };
  return {
    arrive(data) {
      waiting.push(data);
      schedule();
    },
    listen(receive) {
      receiver = receive;
      schedule();
    },
    close() {
      waiting = [];
      receiver = undefined;
    },
  };
}
