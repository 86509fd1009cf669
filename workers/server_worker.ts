/** The server's thread. */
import { checkServer, createServer } from "../actors/server/mod.ts";
import { FailureError } from "../lib/failure.ts";
import { userTaskStore } from "../store/user_tasks.ts";
import { runActorWorker } from "./actor_worker.ts";
import { closingAfter } from "./closing_after.ts";
import { stateStore } from "./open_store.ts";

runActorWorker((context, init) => {
  const checked = checkServer(init.config);
  if (!checked.ok) throw new FailureError(checked.failure);
  const store = stateStore(context, init);
  const server = createServer({ context, config: init.config, userTasks: userTaskStore(store) });
  return closingAfter(server, () => store.close());
});
