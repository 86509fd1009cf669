/** The executor's thread. */
import { createExecutor } from "../actors/executor/mod.ts";
import { openJournal } from "../store/journal.ts";
import { runActorWorker } from "./actor_worker.ts";
import { closingAfter } from "./closing_after.ts";
import { openGateway } from "./open_gateway.ts";
import { stateStore } from "./open_store.ts";

runActorWorker(async (context, init) => {
  const gateway = await openGateway(context, init);
  const store = stateStore(context, init);
  const journal = openJournal(store);
  const executor = createExecutor({ context, config: init.config, gateway, journal });
  return closingAfter(executor, async () => {
    await gateway.close();
    store.close();
  });
});
