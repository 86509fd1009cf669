import { assertEquals } from "@std/assert";
import { brokerLoads } from "../../../actors/analyzer/broker_load.ts";
import { NW_OUT } from "../../../model/metrics.ts";
import { twoBrokers } from "./two_brokers.ts";

Deno.test("brokerLoads() sums leaders and followers apart, each replica at its own size", () => {
  const [one, two] = brokerLoads(twoBrokers());
  assertEquals(one, {
    brokerId: 1,
    host: "host1",
    rack: "rack1",
    state: "ALIVE",
    diskMb: 1_000,
    cpuPct: 10,
    leaderNwIn: 100,
    followerNwIn: 0,
    nwOut: 200,
    potentialNwOut: 200,
    replicas: 1,
    leaders: 1,
    diskCapacityMb: 5_000,
    nwInCapacity: 1_000,
    nwOutCapacity: 2_000,
    cores: 4,
    capacityEstimated: false,
  });
  assertEquals(
    [two!.state, two!.diskMb, two!.cpuPct, two!.leaderNwIn, two!.followerNwIn, two!.nwOut],
    ["NEW", 2_900, 21, 300, 100, 400],
  );
  assertEquals([two!.potentialNwOut, two!.replicas, two!.leaders], [600, 2, 1]);
  assertEquals(two!.capacityEstimated, true);
});

Deno.test("brokerLoads() shows a resource that is not known as NaN", () => {
  const [one] = brokerLoads(twoBrokers({ unknownResources: new Map([[NW_OUT, "no source"]]) }));
  assertEquals([one!.nwOut, one!.potentialNwOut, one!.leaderNwIn], [NaN, NaN, 100]);
});
