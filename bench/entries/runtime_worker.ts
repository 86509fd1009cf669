/** A thread of the runtime's benchmark: the sampler sends facts or asks, the aggregator counts and answers. */
import { ok } from "../../lib/failure.ts";
import type { Actor, ActorContext } from "../../messages/actor.ts";
import type { MonitorState } from "../../messages/aggregator.ts";
import type { SamplerState, SamplesCollected } from "../../messages/sampler.ts";
import { runActorWorker } from "../../workers/actor_worker.ts";

runActorWorker((context, init) => init.name === "sampler" ? sender(context) : receiver());

function actor(parts: Partial<Actor>): Actor {
  return {
    start: () => Promise.resolve(),
    handle: () => {},
    answers: {},
    tick: () => undefined,
    stop: () => Promise.resolve(),
    ...parts,
  };
}

function receiver(): Actor {
  let handled = 0;
  return actor({
    handle: () => void handled++,
    answers: { get_monitor_state: () => ok({ loadGeneration: handled } as MonitorState) },
  });
}

/** Tells the receiver's count when it has handled `count` facts. */
async function untilHandled(context: ActorContext, count: number): Promise<void> {
  while (true) {
    const state = await context.request<"get_monitor_state">({ kind: "get_monitor_state" });
    if (state.ok && state.value.loadGeneration >= count) return;
  }
}

function fact(floats: number): SamplesCollected {
  return {
    kind: "samples_collected",
    atMs: 0,
    generation: 1,
    partitions: new Int32Array(0),
    leaders: new Int32Array(0),
    metrics: new Float32Array(floats),
    replicaMb: new Float32Array(0),
    brokerIds: new Int32Array(0),
    brokerMetrics: new Float64Array(0),
  };
}

/** `reason` = "small COUNT", "bulk COUNT FLOATS", "ask COUNT"; answers milliseconds as `lastPollDurationMs` and more. */
function sender(context: ActorContext): Actor {
  let sent = 0;
  const run = async (what: string, count: number, floats: number): Promise<number[]> => {
    if (what === "ask") {
      const times: number[] = [];
      for (let i = 0; i < count; i++) {
        const startMs = performance.now();
        await context.request({ kind: "get_monitor_state" });
        times.push(performance.now() - startMs);
      }
      return times.sort((a, b) => a - b);
    }
    const facts = Array.from({ length: count }, () => fact(floats));
    const startMs = performance.now();
    for (const each of facts) context.emit(each, floats === 0 ? [] : [each.metrics.buffer]);
    await untilHandled(context, sent += count);
    return [performance.now() - startMs];
  };
  return actor({
    answers: {
      pause_sampling: async ({ reason }) => {
        const [what, count, floats] = reason.split(" ");
        const times = await run(what!, Number(count), Number(floats ?? 0));
        return ok({ silentBrokers: times } as Partial<SamplerState> as SamplerState);
      },
    },
  });
}
