/**
 * The way to the cluster for the actor of this thread: to the simulated one over the port it was given, else to Kafka.
 *
 * @module
 */
import type { Gateway } from "../cluster/gateway.ts";
import { systemClock } from "../lib/clock.ts";
import { FailureError } from "../lib/failure.ts";
import type { ActorContext } from "../messages/actor.ts";
import type { Init } from "./control.ts";
import { gatewayOverPort } from "./gateway_port.ts";
import { asPort } from "./port.ts";

/** How long a call to the simulated cluster may take when it names no deadline. Its largest answers take 50 ms. */
const SIM_DEADLINE_MS = 60_000;
/** What the port may add to a call's own deadline before the simulator's thread counts as gone. */
const SIM_GRACE_MS = 5_000;

/** Opens the gateway. Nothing is connected yet. Throws a {@link FailureError} when the settings cannot be used. */
export async function openGateway(context: ActorContext, init: Init): Promise<Gateway> {
  if (init.gateway !== undefined) {
    return gatewayOverPort(asPort(init.gateway), {
      clock: systemClock(),
      deadlineMs: SIM_DEADLINE_MS,
      stretch: 1 / Math.min(1, init.time?.speed ?? 1),
      graceMs: SIM_GRACE_MS,
    });
  }
  // Only here, so that a thread on the simulated cluster does not load the Kafka client.
  const kafka = await import("../cluster/kafka/mod.ts");
  const refused = kafka.checkKafkaConfig(init.config);
  if (refused !== undefined) throw new FailureError({ ...refused, retriable: false });
  const { clock, log, prng } = context;
  return kafka.createKafkaGateway({ config: init.config, clock, log, prng: prng.fork("gateway") });
}

/**
 * Looks at the cluster once before the first life of an actor: a wrong address or password must end the start with
 * its reason instead of being tried for ever. Throws a {@link FailureError}.
 */
export async function probe(gateway: Gateway, init: Init): Promise<void> {
  if (init.incarnation > 0 || init.gateway !== undefined) return;
  const seen = await gateway.observe();
  if (!seen.ok) throw new FailureError({ ...seen.failure, retriable: false });
}
