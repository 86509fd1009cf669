import { assert, assertEquals } from "@std/assert";
import { ManualClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import { brokerHistoryStore } from "../../store/broker_history.ts";
import { type ModelRow, modelStore } from "../../store/models.ts";
import { openState, type Store } from "../../store/open.ts";
import { openSampleStore } from "../../store/samples.ts";

function withDirectory(test: (directory: string) => void): void {
  const directory = Deno.makeTempDirSync();
  try {
    test(directory);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

const optionsFor = (directory: string) => ({
  directory,
  clock: new ManualClock(1_000),
  log: silentLog,
});

function openIn(directory: string): Store {
  const opened = openState(optionsFor(directory));
  assert(opened.ok);
  return opened.value;
}

function model(createdMs: number, good: boolean): Omit<ModelRow, "version"> {
  return {
    createdMs,
    trainedFromMs: 10,
    trainedToMs: 20,
    features: '["a"]',
    rules: "{}",
    scores: '{"x":1}',
    changeShare: 0.65,
    good,
    verdict: "because",
    forest: Uint8Array.from({ length: 1_000 }, (_, i) => i % 251),
  };
}

const NOTHING = { inUse: undefined, retire: undefined };

Deno.test("modelStore() gives back what was saved, after the file was closed, too", () => {
  withDirectory((directory) => {
    const first = openIn(directory);
    const saved = modelStore(first).save(model(5, true), { keep: 3, ...NOTHING });
    assert(saved.ok);
    first.close();
    const second = openIn(directory);
    const list = modelStore(second).list();
    assert(list.ok);
    assertEquals(list.value, [{ ...model(5, true), version: saved.value }]);
    second.close();
  });
});

Deno.test("modelStore() keeps the newest ones, the one in use and the newest good one", () => {
  withDirectory((directory) => {
    const store = openIn(directory);
    const models = modelStore(store);
    const save = (good: boolean, inUse?: number) => {
      const saved = models.save(model(1, good), { keep: 2, inUse, retire: undefined });
      assert(saved.ok);
      return saved.value;
    };
    const versions = [save(true), save(true, 1), save(false, 1), save(false, 1), save(false, 1)];
    assertEquals(versions, [1, 2, 3, 4, 5], "versions grow");
    const left = models.list();
    assert(left.ok);
    assertEquals(left.value.map((row) => row.version), [5, 4, 2, 1]);
    store.close();
  });
});

Deno.test("modelStore() takes the word good from a retired model", () => {
  withDirectory((directory) => {
    const store = openIn(directory);
    const models = modelStore(store);
    const first = models.save(model(1, true), { keep: 5, ...NOTHING });
    assert(first.ok);
    models.save(model(2, false), { keep: 5, inUse: undefined, retire: first.value });
    const list = models.list();
    assert(list.ok);
    assertEquals(list.value.map((row) => row.good), [false, false]);
    store.close();
  });
});

Deno.test("brokerHistoryStore() gives back chunks, replaces them and forgets old ones", () => {
  withDirectory((directory) => {
    const owner = openSampleStore(optionsFor(directory));
    assert(owner.ok);
    const values = (start: number) => Float32Array.of(start, NaN, start + 2);
    const first = brokerHistoryStore(optionsFor(directory));
    const chunks = [1, 2].flatMap((brokerId) =>
      [7, 8].map((chunk) => ({ brokerId, chunk, values: values(brokerId * chunk) }))
    );
    assert(first.save(chunks, { keepFromChunk: 0 }).ok);
    assert(
      first.save([{ brokerId: 2, chunk: 8, values: values(99) }], { keepFromChunk: 8 }).ok,
    );
    first.close();
    const second = brokerHistoryStore(optionsFor(directory));
    const loaded = second.load({ valuesPerChunk: 3 });
    assert(loaded.ok);
    assertEquals(loaded.value, [
      { brokerId: 1, chunk: 8, values: values(8) },
      { brokerId: 2, chunk: 8, values: values(99) },
    ]);
    const other = second.load({ valuesPerChunk: 4 });
    assert(other.ok);
    assertEquals(other.value, [], "chunks of another layout are left out");
    second.close();
    owner.value.close();
  });
});

Deno.test("brokerHistoryStore() leaves a damaged file to its owner and goes on in the new one", () => {
  withDirectory((directory) => {
    Deno.writeTextFileSync(
      `${directory}/samples.db`,
      "this is no database, and long enough to be read as one",
    );
    const guest = brokerHistoryStore(optionsFor(directory));
    const refused = guest.save([], { keepFromChunk: 0 });
    assert(!refused.ok);
    assertEquals(refused.failure.code, "store_corrupt");
    const owner = openSampleStore(optionsFor(directory));
    assert(owner.ok, "the owner sets it aside");
    const chunk = { brokerId: 1, chunk: 1, values: Float32Array.of(1) };
    assert(guest.save([chunk], { keepFromChunk: 0 }).ok);
    guest.close();
    owner.value.close();
  });
});
