import { assertAlmostEquals, assertEquals } from "@std/assert";
import { brokerLoads } from "../../../actors/analyzer/broker_load.ts";
import { expectedInput } from "../../../actors/analyzer/expected_load.ts";
import { twoBrokers } from "./two_brokers.ts";

Deno.test("expectedInput() brings brokers to their forecast, with the traffic but not the disks", () => {
  const before = brokerLoads(twoBrokers());
  const after = brokerLoads(
    expectedInput(twoBrokers(), [{ brokerId: 1, cpu: 0.2 }, { brokerId: 2, cpu: 0.3 }]),
  );
  assertAlmostEquals(after[0]!.cpuPct, 20, 0.01);
  assertAlmostEquals(after[1]!.cpuPct, 30, 0.3);
  assertAlmostEquals(after[0]!.nwOut, before[0]!.nwOut * 2, 0.01);
  assertEquals(after.map(({ diskMb }) => diskMb), before.map(({ diskMb }) => diskMb));
});

Deno.test("expectedInput() lets followers grow with their leader, and brokers without a forecast be", () => {
  const after = brokerLoads(expectedInput(twoBrokers(), [{ brokerId: 1, cpu: 0.2 }]));
  // Of broker 2, the follower of the partition that doubles carries 1 % more.
  assertAlmostEquals(after[1]!.cpuPct, 22, 0.01);
  assertAlmostEquals(after[1]!.followerNwIn, 200, 0.01);
  assertEquals(after[1]!.leaderNwIn, 300);
});

Deno.test("expectedInput() does not believe in more than four times the load", () => {
  const [one] = brokerLoads(expectedInput(twoBrokers(), [{ brokerId: 1, cpu: 0.9 }]));
  assertEquals(one!.cpuPct, 40);
});
