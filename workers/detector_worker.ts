/** The detector's thread. */
import { createDetector } from "../actors/detector/mod.ts";
import { anomalyStore } from "../store/anomalies.ts";
import { importFailedBrokers } from "../store/failed_brokers_file.ts";
import { runActorWorker } from "./actor_worker.ts";
import { closingAfter } from "./closing_after.ts";
import { stateStore } from "./open_store.ts";
import { postJsonTo } from "./post_json.ts";

runActorWorker((context, init) => {
  const post = postJsonTo(init.config["evenkeel.notifier.webhook.url"]);
  const store = stateStore(context, init);
  const anomalies = anomalyStore(store);
  importFailedBrokers(anomalies, init.config["failed.brokers.file.path"], {
    log: context.log,
    nowMs: context.clock.nowMs(),
  });
  const detector = createDetector({
    context,
    config: init.config,
    anomalies,
    post,
  });
  return closingAfter(detector, () => store.close());
});
