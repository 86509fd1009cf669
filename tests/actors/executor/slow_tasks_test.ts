import { assertEquals } from "@std/assert";
import { newMemory, type Run } from "../../../actors/executor/run.ts";
import { slowAfterMs, tellSlowTasks } from "../../../actors/executor/slow_tasks.ts";
import { defaultConfig } from "../../../config/parse.ts";
import { ManualClock } from "../../../lib/clock.ts";
import { silentLog } from "../../../lib/log.ts";
import type { Task } from "../../../actors/executor/task.ts";
import { moveTask } from "./tasks.ts";

const config = defaultConfig();

Deno.test("slowAfterMs() gives large moves as long as the slowest accepted rate needs", () => {
  const move = (sizeMb: number) => moveTask(1, [1], [2], { sizeMb });
  assertEquals(slowAfterMs(move(5), config), 90_000);
  assertEquals(slowAfterMs(move(100), config), 1_000_000);
  const disk = moveTask(1, [1], [1], {
    sizeMb: 100,
    type: "INTRA_BROKER_REPLICA_ACTION",
    brokerId: 1,
  });
  assertEquals(slowAfterMs(disk, config), 500_000);
  assertEquals(slowAfterMs(moveTask(1, [1], [2], { type: "LEADER_ACTION" }), config), 90_000);
});

Deno.test("tellSlowTasks() tells each task once and keeps quiet in between", () => {
  const clock = new ManualClock(0);
  const told: string[] = [];
  const tasks: Task[] = [0, 30_000, 200_000].map((startedAtMs, i) =>
    moveTask(i, [1], [2], { state: "IN_PROGRESS", startedAtMs })
  );
  const run = {
    uuid: "one",
    clock,
    config,
    memory: newMemory(),
    book: { all: () => tasks.values() },
    log: {
      ...silentLog,
      warn: (_message: string, fields: { count?: number }) => told.push(String(fields.count)),
    },
  } as unknown as Run;
  for (const [nowMs, wanted] of [[90_000, 0], [90_001, 1], [130_000, 1], [151_000, 2]] as const) {
    while (clock.fireNext(nowMs));
    tellSlowTasks(run);
    assertEquals(told.length, wanted, `at ${nowMs}`);
  }
  while (clock.fireNext(400_000));
  tellSlowTasks(run);
  tellSlowTasks(run);
  assertEquals(told, ["1", "1", "1"]);
});
