import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { WireError, WireReader, WireWriter } from "../../../cluster/kafka/wire.ts";

const SEED = 20261124;

Deno.test("WireReader reads back what WireWriter wrote, to the last byte", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }), fc.constant(null));
  fc.assert(
    fc.property(
      fc.integer({ min: -128, max: 127 }),
      fc.integer({ min: -32768, max: 32767 }),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.nat({ max: 0xffffffff }),
      text,
      fc.array(fc.integer()),
      fc.boolean(),
      (int8, int16, int32, int64, uvarint, string, numbers, bool) => {
        const writer = new WireWriter();
        writer.int8(int8);
        writer.int16(int16);
        writer.int32(int32);
        writer.int64(int64);
        writer.uvarint(uvarint);
        writer.compactString(string);
        writer.compactInt32s(numbers);
        writer.bool(bool);
        writer.noTags();
        const reader = new WireReader(writer.finish());
        assertEquals(reader.int8(), int8);
        assertEquals(reader.int16(), int16);
        assertEquals(reader.int32(), int32);
        assertEquals(reader.int64(), int64);
        assertEquals(reader.uvarint(), uvarint);
        const wanted = string === null ? null : new TextDecoder().decode(
          new TextEncoder().encode(string),
        );
        assertEquals(reader.compactStringOrNull(), wanted);
        assertEquals(reader.compactInt32s(), numbers);
        assertEquals(reader.bool(), bool);
        reader.tags();
        reader.end();
      },
    ),
    { seed: SEED },
  );
});

Deno.test("WireReader skips tagged fields that it does not know", () => {
  // Two fields: tag 0 with 3 bytes, tag 300 with none; then one byte that belongs to what follows.
  const reader = new WireReader(Uint8Array.of(2, 0, 3, 9, 9, 9, 0xac, 2, 0, 42));
  reader.tags();
  assertEquals(reader.int8(), 42);
  reader.end();
});

Deno.test("WireReader refuses a varint that does not end or exceeds 32 bits", () => {
  const endless = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
  assertThrows(() => new WireReader(endless).uvarint(), WireError, "does not end");
  const large = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x7f);
  assertThrows(() => new WireReader(large).uvarint(), WireError, "exceeds 32 bits");
  assertEquals(new WireReader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f)).uvarint(), 0xffffffff);
});

Deno.test("WireReader refuses a count that the bytes cannot hold, before it allocates", () => {
  // 0xfffffffe items of at least 4 bytes, in an answer of 7 bytes.
  const bytes = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0);
  assertThrows(() => new WireReader(bytes).compactInt32s(), WireError, "claims 4294967294 items");
  assertThrows(() => new WireReader(bytes).compactString(), WireError, "takes");
});

Deno.test("WireReader reads a view into larger bytes without looking around it", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8).subarray(2, 6);
  const reader = new WireReader(bytes);
  assertEquals(reader.int32(), 0x03040506);
  assertThrows(() => reader.int8(), WireError);
});

Deno.test("WireReader prints ids as Kafka does", () => {
  const bytes = Uint8Array.of(0xfb, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
  assertEquals(new WireReader(bytes).uuid(), "-_8AAAAAAAAAAAAAAAAAAQ");
  assertEquals(new WireReader(new Uint8Array(16)).uuid(), "");
  assert(new WireReader(bytes).uuid().length === 22);
});
