/** The classifier's thread. */
import { createClassifier } from "../actors/classifier/mod.ts";
import { brokerHistoryStore } from "../store/broker_history.ts";
import { modelStore } from "../store/models.ts";
import { runActorWorker } from "./actor_worker.ts";
import { closingAfter } from "./open_gateway.ts";
import { stateStore } from "./open_store.ts";

runActorWorker((context, init) => {
  const { config } = init;
  const { clock, log } = context;
  const state = stateStore(context, init);
  const history = brokerHistoryStore({ directory: config["evenkeel.data.dir"], clock, log });
  const classifier = createClassifier({ context, config, models: modelStore(state), history });
  return closingAfter(classifier, () => {
    history.close();
    state.close();
  });
});
