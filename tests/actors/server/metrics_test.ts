import { assertStringIncludes } from "@std/assert";
import { harness } from "./harness.ts";

Deno.test("/metrics counts every request, however many came before the first scrape", async () => {
  const h = harness();
  for (let n = 0; n < 1_200; n++) await h.ask("/nothing-here");
  const first = await (await h.ask("/metrics")).text();
  assertStringIncludes(first, 'evenkeel_http_requests_total{endpoint="other",status="404"} 1200');
  assertStringIncludes(first, 'evenkeel_http_request_seconds_count{endpoint="other"} 1200');
  await h.ask("/nothing-here");
  const second = await (await h.ask("/metrics")).text();
  assertStringIncludes(second, 'evenkeel_http_requests_total{endpoint="other",status="404"} 1201');
  assertStringIncludes(second, 'evenkeel_http_requests_total{endpoint="other",status="200"} 1');
});
