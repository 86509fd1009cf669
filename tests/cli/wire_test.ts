/** The types that the command line reads are those that the server sends. Checked by the compiler. */
import { assertEquals } from "@std/assert";
import type { ActorHealth } from "../../actors/server/health.ts";
import type { clusterSummary } from "../../actors/server/endpoints/native.ts";
import type { BrokerLoad, Detector, Execution, Load, MadePlan, Status } from "../../cli/wire.ts";
import type { MonitorState } from "../../messages/aggregator.ts";
import type { AnalyzerState, BrokerLoad as Sent } from "../../messages/analyzer.ts";
import type { DetectorState } from "../../messages/detector.ts";
import type { ExecutorState } from "../../messages/executor.ts";
import type { AnswerOf } from "../../messages/mod.ts";
import type { SamplerState } from "../../messages/sampler.ts";

/** True when everything that the server sends is something that the command line can read. */
type Readable<Sent, Read> = Sent extends Read ? true : false;

Deno.test("wire types accept what the server sends", () => {
  const checks: [
    Readable<Sent, BrokerLoad>,
    Readable<AnswerOf<"get_broker_load">, Load>,
    Readable<ExecutorState, Execution>,
    Readable<AnswerOf<"make_plan">, MadePlan>,
    Readable<ActorHealth, Status["health"]["actors"][number]>,
    Readable<SamplerState, NonNullable<Status["sampler"]>>,
    Readable<MonitorState, NonNullable<Status["monitor"]>>,
    Readable<AnalyzerState, NonNullable<Status["analyzer"]>>,
    Readable<DetectorState, Detector>,
    Readable<ReturnType<typeof clusterSummary>, NonNullable<Status["cluster"]>>,
  ] = [true, true, true, true, true, true, true, true, true, true];
  assertEquals(checks.every(Boolean), true);
});
