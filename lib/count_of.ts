/** `1 broker`, `2 brokers`: a number of things, for people. The noun's plural must be made with an s. */
export function countOf(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
