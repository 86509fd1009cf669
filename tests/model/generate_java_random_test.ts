import { assertEquals } from "@std/assert";
import { drawBetween, javaRandom } from "../../model/java_random.ts";

Deno.test("javaRandom() draws what java.util.Random draws", () => {
  // Known from Java: new Random(42).nextInt(10) twice, new Random(42).nextDouble().
  const random = javaRandom(42);
  assertEquals([random.nextInt(10), random.nextInt(10)], [0, 3]);
  assertEquals(javaRandom(42).nextDouble(), 0.7275636800328681);
  // new Random(0): nextInt(100) x 5.
  const zero = javaRandom(0);
  assertEquals([1, 2, 3, 4, 5].map(() => zero.nextInt(100)), [60, 48, 29, 47, 15]);
});

Deno.test("drawBetween() is the first draw of a new generator, also where draws are rejected", () => {
  const limits = [1, 2, 3, 16, 820, 1000, 2 ** 30 + 1, 2 ** 31 - 1];
  let rejected = 0;
  for (let seed = 0; seed < 2000; seed++) {
    for (const limit of limits) {
      const drawn = drawBetween(5, limit + 4, seed * 1_000_003);
      assertEquals(drawn, 5 + javaRandom(seed * 1_000_003).nextInt(limit), `${seed} ${limit}`);
    }
    // Half of all draws below 2^30 + 1 are rejected: the next one counts.
    const first = javaRandom(seed).nextInt(2 ** 31 - 1);
    if (first > 2 ** 30) rejected++;
  }
  assertEquals(rejected > 500, true);
});
