/** The simulated cluster's thread: serves its gateway over a port to each actor that needs one. */
import { simClusterOf, simGateway, simPaceOf } from "../cluster/sim/mod.ts";
import type { Gateway } from "../cluster/gateway.ts";
import { systemClock } from "../lib/clock.ts";
import { serveGateway } from "./gateway_port.ts";
import { asPort, type Port } from "./port.ts";
import { scaledClock } from "./scaled_clock.ts";
import type { ToSim } from "./sim_thread.ts";

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<ToSim>) => void) | null;
};

let gateway: Gateway | undefined;
/** One port a client: a client that was restarted gets a new one, and its old port is of no use any more. */
const ports = new Map<string, Port>();

scope.onmessage = ({ data: order }) => {
  switch (order.t) {
    case "create": {
      const clock = order.time === undefined
        ? systemClock()
        : scaledClock(systemClock(), order.time);
      const cluster = simClusterOf(order.config, clock.nowMs());
      gateway = simGateway(cluster, { clock, latencyMs: simPaceOf(order.config).latencyMs });
      return;
    }
    case "connect": {
      ports.get(order.client)?.close();
      const port = asPort(order.port);
      ports.set(order.client, port);
      serveGateway(port, gateway!);
      return;
    }
    default:
      order satisfies never;
  }
};
