import { assertEquals } from "@std/assert";
import { curveChart } from "../../cli/curve.ts";

const point = (mb: number, balancedness: number, goalsMet: number) => ({
  mb,
  moves: mb,
  balancedness,
  goalsMet,
});

Deno.test("curveChart() shows begin, end, and of each twelfth of the bytes its best point", () => {
  const curve = [
    point(0, 40, 4),
    point(10, 50, 5),
    point(50, 95, 15),
    point(99, 60, 8),
    point(300, 95, 15),
    point(600, 80, 11),
    point(700, 80, 11),
    point(1200, 100, 16),
  ];
  const cheaper = [{ ...point(50, 95, 15), without: ["DiskUsageDistributionGoal"] }];
  const lines = curveChart(curve, { cheaper }).split("\n");
  const text = lines.map((line) => line.replace(/ [#.]{40} +/, " | ").trim());
  assertEquals(text, [
    "Balancedness after the first bytes",
    "0 B | 40.0, 4 goals met",
    "50 MB | 95.0, 15 goals met",
    "600 MB | 80.0, 11 goals met",
    "1.17 GB | 100.0, 16 goals met",
    "",
    "Plans for fewer goals, as --max-mb makes them",
    "50 MB | 95.0, 15 goals met; without DiskUsage",
    "",
  ]);
});

Deno.test("curveChart() says that it is not of the plan that a budget left", () => {
  const [title] = curveChart([point(0, 40, 4), point(9, 100, 16)], { leftOut: 3 }).split("\n");
  assertEquals(
    title,
    "Balancedness after the first bytes of the whole plan, which the budget cuts",
  );
});

Deno.test("curveChart() of a plan that moves nothing has one line", () => {
  assertEquals(curveChart([point(0, 100, 16)]).split("\n").length, 3);
});
