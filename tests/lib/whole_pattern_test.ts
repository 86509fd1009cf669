import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { systemClock } from "../../lib/clock.ts";
import { wholePattern } from "../../lib/whole_pattern.ts";

/** Patterns as trees of pieces, most of them with several quantifiers. */
const PATTERNS = fc.letrec<{ node: string; group: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthIdentifier: "d" },
    fc.constantFrom("a", "b", "c", ".", "[ab]", "[^a-b]", "\\w", "\\.", "\\d", "^", "$", "", "é"),
    fc.constantFrom("\\b", "\\B", "\\u0061", "\\u{62}", "\\x63", "[\\]a]", "[^]", "\\p{L}", "-"),
    tie("group"),
  ),
  group: fc.oneof(
    { depthIdentifier: "d" },
    fc.tuple(tie("node"), tie("node")).map(([a, b]) => a + b),
    fc.tuple(tie("node"), tie("node")).map(([a, b]) => `(${a}|${b})`),
    fc.tuple(fc.constantFrom("(", "(?:", "(?=", "(?!", "(?<x>"), tie("node"))
      .map(([open, inner]) => `${open}${inner})`),
    fc.tuple(
      tie("node"),
      fc.constantFrom("*", "+", "?", "*?", "{2}", "{1,}", "{0,2}", "{1,3}?"),
    )
      .map(([inner, counts]) => `(?:${inner})${counts}`),
  ),
})).node;

function native(source: string, flags = "u"): RegExp | undefined {
  try {
    return new RegExp(`^(?:${source})$`, flags);
  } catch {
    return undefined; // e.g. two groups of one name
  }
}

Deno.test("wholePattern() matches what the runtime's matcher matches", () => {
  let matched = 0;
  fc.assert(
    fc.property(
      PATTERNS,
      fc.boolean(),
      fc.array(fc.string({ unit: fc.constantFrom("a", "b", "C", ".", "é", "-", "1", "😀") }), {
        minLength: 8,
        maxLength: 8,
      }),
      (source, anyCase, texts) => {
        const expected = native(source, anyCase ? "iu" : "u");
        fc.pre(expected !== undefined);
        const matches = wholePattern(anyCase ? `(?i)${source}` : source);
        for (const text of ["", "a", "ab", "aab", ...texts]) {
          if (expected!.test(text)) matched++;
          assertEquals(matches(text), expected!.test(text), `${source} on ${text}`);
        }
      },
    ),
    { seed: 20261128, numRuns: 2000 },
  );
  assert(matched > 1000, `only ${matched} texts matched`);
});

// Each of these keeps the runtime's matcher busy for longer than anybody waits.
Deno.test("wholePattern() needs milliseconds for patterns that go back and back", () => {
  const clock = systemClock();
  const name = "a".repeat(249);
  const before = clock.monotonicMs();
  for (
    const pattern of [
      "(.*.*.*.*.*.*.*.*.*.*)+x",
      "(a+)+$x",
      "(a|a)*(a|a)*(a|a)*x",
      `${"a?".repeat(60)}${"a".repeat(250)}`,
      "(?!__)(?:(?=(?:.*.*.*)+)a.*)*x",
      "(?:a{0,50}){0,50}x",
    ]
  ) assertEquals(wholePattern(pattern)(name), false, pattern);
  assert(clock.monotonicMs() - before < 5_000);
});

Deno.test("wholePattern() takes what is Java's: (?i), \\Q...\\E and escaped signs", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["(?i)ORDERS.*", "orders.eu", true],
    ["(?i)(ORDERS|Audit).*-[A-F]+", "audit.eu-beef", true],
    ["\\Qa.b\\E.*", "a.b-c", true],
    ["\\Qa.b\\E.*", "axb-c", false],
    ["\\Qa+b", "a+b", true],
    ["__consumer\\_offsets|foo\\-bar", "foo-bar", true],
    ["[a\\-c\\_]+\\.[x\\-z]*", "a-_.-z", true],
    ["[a\\-c]+.*", "b", false],
    ["(?!__).*(a|b)+", "__a", false],
    ["(?!__).*(a|b)+", "x_a", true],
  ];
  for (const [pattern, text, expected] of cases) {
    assertEquals(wholePattern(pattern)(text), expected, `${pattern} on ${text}`);
  }
});

Deno.test("wholePattern() refuses what it cannot bound, and what is no pattern", () => {
  for (const pattern of ["(a*)b+\\1", "(?<n>a*)b+\\k<n>", "(?<=a)b*c*", "(?<!a)b*c*"]) {
    assertThrows(() => wholePattern(pattern), SyntaxError, "several quantifiers");
  }
  assertThrows(() => wholePattern("(?:a{1000}){1000}"), SyntaxError, "steps");
  for (const pattern of ["[", "(", "a**", "or[^0-9]++.*", ")"]) {
    assertThrows(() => wholePattern(pattern), SyntaxError, "Invalid regular expression");
  }
  assert(wholePattern("(a)\\1*")("aaa"));
  assert(wholePattern("a(?<!b)c")("ac"));
});
