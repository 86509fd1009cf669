/**
 * The host's side of the control channel: from the supervisor's orders to calls of an {@link ActorHost}.
 *
 * @module
 */
import { scaledClock } from "./scaled_clock.ts";
import type { Clock } from "../lib/clock.ts";
import type { Failure } from "../lib/failure.ts";
import { type Log, logTo } from "../lib/log.ts";
import { createPrng, type Prng } from "../lib/prng.ts";
import type { Actor, ActorContext } from "../messages/actor.ts";
import { ActorHost } from "./actor_host.ts";
import type { FromHost, Init, ToHost } from "./control.ts";
import { asPort, type Port } from "./port.ts";

/** Makes the actor of this thread. Opens what it needs; a rejection is a failed start. */
export type BuildActor = (context: ActorContext, init: Init) => Actor | Promise<Actor>;

/** A hosted actor, as the thread itself sees it. */
export interface Hosting {
  /** Something was thrown that no call into the actor caught. */
  dieOf(error: unknown): void;
  /** Ends at once, as if the thread were gone. */
  kill(failure: Failure): void;
}

/** Serves the supervisor's orders on `control`. `clock` is real time, or the shared manual one. */
export function hostActor(
  control: Port,
  build: BuildActor,
  options: { clock: Clock },
): Hosting {
  let host: ActorHost | undefined;
  let over = false;
  const tell = (message: FromHost) => {
    if (!over) control.post(message);
  };
  const onOrder = (order: ToHost) => {
    if (over) return;
    switch (order.t) {
      case "init":
        host = createHost(order, build, { clock: options.clock, tell });
        host.start().then((runs) => runs && tell({ t: "started" }));
        return;
      case "peer_up":
        return host?.peerUp(order.connection.peer, asPort(order.connection.endpoint));
      case "peer_down":
        return host?.peerDown(order.peer, order.failure, { forGood: order.forGood });
      case "ping":
        if (host !== undefined) tell({ t: "pong", counts: host.counts });
        return;
      case "stop":
        host?.stop().then(() => tell({ t: "stopped" }));
        return;
      default:
        order satisfies never;
    }
  };
  control.listen((data) => onOrder(data as ToHost));
  return {
    dieOf: (error) => host?.dieOf(error),
    kill(failure) {
      over = true;
      host?.kill(failure);
    },
  };
}

function createHost(
  init: Init,
  build: BuildActor,
  options: { clock: Clock; tell: (message: FromHost) => void },
): ActorHost {
  const { tell } = options;
  const clock = init.time === undefined ? options.clock : scaledClock(options.clock, init.time);
  const log: Log = logTo((record) => tell({ t: "log", record }), init.name, {
    nowMs: () => clock.nowMs(),
  });
  const host = new ActorHost({
    name: init.name,
    create: (context) => build(context, init),
    clock,
    realClock: options.clock,
    prng: prngOf(init),
    log,
    limits: init.limits,
    peers: init.peers,
    onDeath: (failure) => tell({ t: "died", failure }),
  });
  for (const { peer, endpoint } of init.connections) host.peerUp(peer, asPort(endpoint));
  return host;
}

/** A later life draws anew, so that it does not hand out the ids of the former one again. */
function prngOf(init: Init): Prng {
  const { name, incarnation, seed } = init;
  return createPrng(seed).fork(incarnation === 0 ? name : `${name}, life ${incarnation}`);
}
