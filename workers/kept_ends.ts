/**
 * Ends of channels that wait for actors whose threads are not begun yet: what is sent to them meanwhile waits, too.
 *
 * @module
 */
import type { ActorName } from "../messages/actor.ts";
import { asPort, type Endpoint } from "./port.ts";

/** See the top of the file. */
export class KeptEnds {
  readonly #ends = new Map<ActorName, Map<ActorName, Endpoint>>();

  /** Keeps for `owner` its end of a channel to `peer`. */
  keep(owner: ActorName, peer: ActorName, endpoint: Endpoint): void {
    const ends = this.#ends.get(owner) ?? new Map<ActorName, Endpoint>();
    this.#ends.set(owner, ends.set(peer, endpoint));
  }

  /** Hands out the end of `owner` towards `peer`, undefined when none waits. */
  take(owner: ActorName, peer: ActorName): Endpoint | undefined {
    const endpoint = this.#ends.get(owner)?.get(peer);
    this.#ends.get(owner)?.delete(peer);
    return endpoint;
  }

  /** Closes all ends towards `peer`, which died before their owners began. */
  drop(peer: ActorName): void {
    for (const ends of this.#ends.values()) {
      const endpoint = ends.get(peer);
      if (endpoint !== undefined) asPort(endpoint).close();
      ends.delete(peer);
    }
  }
}
