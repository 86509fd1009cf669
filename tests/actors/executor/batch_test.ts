import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  busyBrokers,
  selectDiskMoves,
  selectLeadership,
  selectMoves,
  unthrottledLimit,
} from "../../../actors/executor/batch.ts";
import type { Task } from "../../../actors/executor/task.ts";
import { moveTask } from "./tasks.ts";

const ids = (tasks: readonly Task[]) => tasks.map((task) => task.record.executionId);

Deno.test("selectMoves() gives every broker a move before any broker gets a second one", () => {
  const pending = [
    moveTask(1, [1], [2]),
    moveTask(2, [1], [3]),
    moveTask(3, [1], [4]),
    moveTask(4, [5], [6]),
  ];
  assertEquals(ids(selectMoves(pending, [], { perBroker: 5, cluster: 2 })), [1, 4]);
  assertEquals(ids(selectMoves(pending, [], { perBroker: 5, cluster: 10 })), [1, 4, 2, 3]);
});

Deno.test("selectMoves() counts what is in execution against broker and cluster", () => {
  const running = [moveTask(9, [1], [2], { state: "IN_PROGRESS" })];
  const pending = [moveTask(1, [1], [3]), moveTask(2, [4], [2]), moveTask(3, [4], [3])];
  assertEquals(ids(selectMoves(pending, running, { perBroker: 1, cluster: 10 })), [3]);
  assertEquals(ids(selectMoves(pending, running, { perBroker: 2, cluster: 1 })), []);
  assertEquals(ids(selectMoves(pending, [], { perBroker: 0, cluster: 10 })), []);
});

Deno.test("selectMoves() books the old leader and the destinations, not other old replicas", () => {
  assertEquals(busyBrokers(moveTask(1, [1, 2, 3], [4, 5, 3])), [1, 4, 5]);
  assertEquals(busyBrokers(moveTask(1, [1, 2], [3, 2], { leader: -1 })), [-1, 3]);
});

Deno.test("selectMoves() lets unthrottled brokers share what the cluster allows", () => {
  const pending = [2, 3, 4, 5].map((to, i) => moveTask(i, [1], [to]));
  const limits = { perBroker: 1, cluster: 10 };
  assertEquals(ids(selectMoves(pending, [], limits)), [0]);
  const unthrottled = unthrottledLimit(pending, [1, 9], 3);
  assertEquals(unthrottled, { brokerIds: [1, 9], perBroker: 3 }, "broker 9 takes no part");
  assertEquals(ids(selectMoves(pending, [], { ...limits, unthrottled })), [0, 1, 2]);
  assertEquals(unthrottledLimit(pending, [1, 2, 3], 2).perBroker, 1);
});

Deno.test("selectMoves() never exceeds a limit and never stops while a move fits", () => {
  const broker = fc.integer({ min: 1, max: 6 });
  const tasks = fc.array(fc.tuple(broker, broker, broker), { maxLength: 40 });
  const limits = fc.record({ perBroker: fc.nat(4), cluster: fc.nat(12) });
  fc.assert(
    fc.property(tasks, fc.nat(5), limits, (drawn, running, { perBroker, cluster }) => {
      const moves = drawn.filter(([a, b, c]) => a !== b && b !== c && a !== c)
        .map(([a, b, c], i) => moveTask(i, [a, b], [c, b]));
      const inExecution = selectMoves(moves.slice(0, running), [], { perBroker, cluster });
      const pending = moves.filter((task) => !inExecution.includes(task));
      const chosen = selectMoves(pending, inExecution, { perBroker, cluster });
      const used = new Map<number, number>();
      for (const task of [...inExecution, ...chosen]) {
        for (const id of busyBrokers(task)) used.set(id, (used.get(id) ?? 0) + 1);
      }
      assert([...used.values()].every((count) => count <= perBroker));
      assert(inExecution.length + chosen.length <= Math.max(cluster, inExecution.length));
      assertEquals(new Set(chosen).size, chosen.length);
      if (inExecution.length + chosen.length >= cluster) return;
      for (const left of pending.filter((task) => !chosen.includes(task))) {
        assert(busyBrokers(left).some((id) => (used.get(id) ?? 0) >= perBroker));
      }
    }),
    { seed: 7, numRuns: 300 },
  );
});

Deno.test("selectLeadership() needs a free slot on every broker of the new list", () => {
  const pending = [
    moveTask(1, [1, 2], [2, 1]),
    moveTask(2, [1, 3], [3, 1]),
    moveTask(3, [4, 5], [5, 4]),
    moveTask(4, [4, 3], [3, 4]),
  ];
  assertEquals(ids(selectLeadership(pending, [], { perBroker: 1, cluster: 10 })), [1, 3]);
  assertEquals(ids(selectLeadership(pending, [], { perBroker: 2, cluster: 3 })), [1, 2, 3]);
  assertEquals(
    ids(selectLeadership(pending.slice(1), [pending[0]!], {
      perBroker: 1,
      cluster: 10,
    })),
    [3],
  );
});

Deno.test("selectDiskMoves() fills each broker up to its limit in order", () => {
  const disk = (id: number, brokerId: number) => moveTask(id, [1], [1], { brokerId });
  const pending = [disk(1, 1), disk(2, 1), disk(3, 1), disk(4, 2)];
  assertEquals(ids(selectDiskMoves(pending, [], { perBroker: 2 })), [1, 2, 4]);
  assertEquals(ids(selectDiskMoves(pending, [disk(9, 1)], { perBroker: 2 })), [1, 4]);
});
