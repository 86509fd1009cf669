/**
 * Spreads names over buckets by a hash, so that few change theirs when a bucket is added.
 *
 * @module
 */

/**
 * The bucket of a name, 0 to `buckets` - 1: the low half of 64 bits of its hash (MurmurHash3), mapped consistently (jump hash). The same
 * as with Guava. O(length + log buckets).
 */
export function bucketOf(name: string, buckets: number): number {
  const hash = Number(BigInt.asIntN(32, murmur3Low(new TextEncoder().encode(name))));
  return jump(BigInt(Math.abs(hash)), buckets);
}

const MASK = (1n << 64n) - 1n;

function rotate(value: bigint, by: bigint): bigint {
  return ((value << by) | (value >> (64n - by))) & MASK;
}

function finish(value: bigint): bigint {
  let k = value;
  k = ((k ^ (k >> 33n)) * 0xff51afd7ed558ccdn) & MASK;
  k = ((k ^ (k >> 33n)) * 0xc4ceb9fe1a85ec53n) & MASK;
  return k ^ (k >> 33n);
}

const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;

/** First 64 bits of MurmurHash3 x64-128 with seed 0 (Austin Appleby, public domain). */
function murmur3Low(bytes: Uint8Array): bigint {
  let h1 = 0n;
  let h2 = 0n;
  const mix1 = (k: bigint) => (rotate((k * C1) & MASK, 31n) * C2) & MASK;
  const mix2 = (k: bigint) => (rotate((k * C2) & MASK, 33n) * C1) & MASK;
  const word = (at: number, end: number) => {
    let value = 0n;
    for (let i = Math.min(end, at + 8) - 1; i >= at; i--) value = (value << 8n) | BigInt(bytes[i]!);
    return value;
  };
  const blocks = bytes.length - bytes.length % 16;
  for (let at = 0; at < blocks; at += 16) {
    h1 ^= mix1(word(at, bytes.length));
    h1 = ((rotate(h1, 27n) + h2) * 5n + 0x52dce729n) & MASK;
    h2 ^= mix2(word(at + 8, bytes.length));
    h2 = ((rotate(h2, 31n) + h1) * 5n + 0x38495ab5n) & MASK;
  }
  if (bytes.length > blocks + 8) h2 ^= mix2(word(blocks + 8, bytes.length));
  if (bytes.length > blocks) h1 ^= mix1(word(blocks, bytes.length));
  h1 ^= BigInt(bytes.length);
  h2 ^= BigInt(bytes.length);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  h1 = finish(h1);
  h2 = finish(h2);
  return (h1 + h2) & MASK;
}

/** Jump consistent hash (Lamping and Veach, 2014), with the generator that Guava uses. */
function jump(key: bigint, buckets: number): number {
  let state = key;
  let candidate = 0;
  for (;;) {
    state = (state * 2862933555777941757n + 1n) & MASK;
    const draw = (Number(state >> 33n) + 1) / 2 ** 31;
    const next = Math.floor((candidate + 1) / draw);
    if (next < 0 || next >= buckets) return candidate;
    candidate = next;
  }
}
