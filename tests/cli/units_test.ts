import { assertEquals } from "@std/assert";
import { countOf } from "../../lib/count_of.ts";
import {
  aboveBound,
  duration,
  kilobytesPerSec,
  megabytes,
  percent,
  share,
} from "../../cli/units.ts";

Deno.test("megabytes() chooses the unit and keeps three digits", () => {
  assertEquals(megabytes(0), "0 B");
  assertEquals(megabytes(0.5), "512 KB");
  assertEquals(megabytes(1), "1 MB");
  assertEquals(megabytes(59.25), "59.3 MB");
  assertEquals(megabytes(1500), "1.46 GB");
  assertEquals(megabytes(5e9), "4.66 PB");
  assertEquals(megabytes(null), "unknown");
  assertEquals(kilobytesPerSec(2048), "2 MB/s");
  assertEquals(kilobytesPerSec(NaN), "unknown");
});

Deno.test("duration() shows the two largest units", () => {
  assertEquals(duration(0), "0 s");
  assertEquals(duration(59), "59 s");
  assertEquals(duration(61), "1 min 1 s");
  assertEquals(duration(7500), "2 h 5 min");
  assertEquals(duration(86400 * 3 + 60), "3 d");
  assertEquals(duration(undefined), "unknown");
});

Deno.test("percent(), share() and countOf() say unknown rather than NaN", () => {
  assertEquals(percent(12.34), "12.3 %");
  assertEquals(share(1, 0), "unknown");
  assertEquals(share(1, 4), "25.0 %");
  assertEquals(countOf(1, "broker"), "1 broker");
  assertEquals(countOf(2, "broker"), "2 brokers");
});

Deno.test("aboveBound() is 0.0 % for a plan at the bound, whatever was rounded, and silent below it", () => {
  const text = (percent: string) => `, at most ${percent} % above the fewest that any plan needs`;
  assertEquals(aboveBound(1012, 1000), text("1.2"));
  assertEquals(aboveBound(1000, 1000 * (1 + 1e-15)), text("0.0"));
  assertEquals(aboveBound(990, 1000), "");
  assertEquals(aboveBound(0, 0), "");
});
