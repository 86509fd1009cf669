/** The sampler's thread. */
import { createSampler } from "../actors/sampler/mod.ts";
import { runActorWorker } from "./actor_worker.ts";
import { closingAfter } from "./closing_after.ts";
import { openGateway, probe } from "./open_gateway.ts";

runActorWorker(async (context, init) => {
  const gateway = await openGateway(context, init);
  await probe(gateway, init);
  const sampler = createSampler({ context, config: init.config, gateway });
  return closingAfter(sampler, () => gateway.close());
});
