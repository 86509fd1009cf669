import { assertEquals } from "@std/assert";
import { count, duration, kilobytesPerSec, megabytes, percent, share } from "../../cli/units.ts";

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

Deno.test("percent(), share() and count() say unknown rather than NaN", () => {
  assertEquals(percent(12.34), "12.3 %");
  assertEquals(share(1, 0), "unknown");
  assertEquals(share(1, 4), "25.0 %");
  assertEquals(count(1, "broker"), "1 broker");
  assertEquals(count(2, "broker"), "2 brokers");
});
