/** The classifier's thread. */
import { createClassifier, savePast } from "../actors/classifier/mod.ts";
import { FailureError } from "../lib/failure.ts";
import type { ActorContext } from "../messages/actor.ts";
import { type BrokerHistoryStore, brokerHistoryStore } from "../store/broker_history.ts";
import { modelStore } from "../store/models.ts";
import { runActorWorker } from "./actor_worker.ts";
import { closingAfter } from "./closing_after.ts";
import type { Init } from "./control.ts";
import { stateStore } from "./open_store.ts";
import { isSimulated } from "./simulated.ts";

const DAY_MS = 86_400_000;

runActorWorker(async (context, init) => {
  const { config } = init;
  const { clock, log } = context;
  const state = stateStore(context, init);
  const history = brokerHistoryStore({ directory: config["evenkeel.data.dir"], clock, log });
  await rememberPast(history, context, init);
  const classifier = createClassifier({ context, config, models: modelStore(state), history });
  return closingAfter(classifier, () => {
    history.close();
    state.close();
  });
});

/** Gives a simulated cluster the past that the configuration asks for, before the first life of the actor. */
async function rememberPast(
  history: BrokerHistoryStore,
  { clock }: ActorContext,
  { config, incarnation }: Init,
): Promise<void> {
  const days = config["evenkeel.sim.past.days"];
  if (days === 0 || incarnation > 0 || !isSimulated(config)) return;
  // Only here: the thread of a real cluster's classifier needs no simulator.
  const { pastMetrics, specOf } = await import("../cluster/sim/mod.ts");
  const endMs = clock.nowMs();
  const span = { seed: config["evenkeel.seed"], startMs: endMs - days * DAY_MS, endMs };
  const saved = savePast(history, pastMetrics(specOf(config), span));
  if (!saved.ok) throw new FailureError(saved.failure);
}
