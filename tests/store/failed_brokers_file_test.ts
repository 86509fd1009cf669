import { assertEquals, assertStringIncludes } from "@std/assert";
import { ManualClock } from "../../lib/clock.ts";
import { type LogRecord, logTo, silentLog } from "../../lib/log.ts";
import { anomalyStore } from "../../store/anomalies.ts";
import { importFailedBrokers, parseFailedBrokers } from "../../store/failed_brokers_file.ts";
import { openState } from "../../store/open.ts";

const NOW_MS = Date.UTC(2026, 0, 5);

Deno.test("parseFailedBrokers() reads id=ms pairs, and says what it cannot read", () => {
  const parsed = (text: string) => {
    const result = parseFailedBrokers(text);
    return result.ok ? [...result.value] : result.failure.message;
  };
  assertEquals(parsed("3=1767571200000,12=1767571260000\n"), [
    [3, 1767571200000],
    [12, 1767571260000],
  ]);
  assertEquals(parsed(""), []);
  assertEquals(parsed("3=17,x"), 'Cannot read failed brokers: wanted id=ms, got "x"');
});

/** A new state.db, a path for the file, and what was logged. */
function world() {
  const directory = Deno.makeTempDirSync();
  const opened = openState({ directory, clock: new ManualClock(NOW_MS), log: silentLog });
  if (!opened.ok) throw new Error(opened.failure.message);
  const store = anomalyStore(opened.value);
  const records: LogRecord[] = [];
  const log = logTo((record) => records.push(record), "detector", { nowMs: () => NOW_MS });
  const path = `${directory}/failedBrokers.txt`;
  return {
    store,
    path,
    records,
    start: () => importFailedBrokers(store, path, { log, nowMs: NOW_MS }),
    failedBrokers() {
      const read = store.failedBrokers();
      if (!read.ok) throw new Error(read.failure.message);
      return [...read.value];
    },
    close() {
      opened.value.close();
      Deno.removeSync(directory, { recursive: true });
    },
  };
}

Deno.test("importFailedBrokers() takes over times once, earlier ones win, none is in the future", () => {
  const w = world();
  w.start();
  assertEquals([w.failedBrokers(), w.records], [[], []], "no file is nothing to talk of");
  w.store.saveFailedBrokers(new Map([[1, NOW_MS - 50], [2, NOW_MS - 50]]));
  Deno.writeTextFileSync(w.path, `1=${NOW_MS - 99},2=${NOW_MS - 9},3=${NOW_MS + 9}`);
  w.start();
  const taken = [[1, NOW_MS - 99], [2, NOW_MS - 50], [3, NOW_MS]];
  assertEquals(w.failedBrokers(), taken);
  Deno.writeTextFileSync(w.path, `4=${NOW_MS - 99}`);
  w.start();
  assertEquals(w.failedBrokers(), taken, "the file is not read again");
  assertEquals(w.records.map(({ level }) => level), ["info"]);
  w.close();
});

Deno.test("importFailedBrokers() complains about a broken file, and reads it once it is repaired", () => {
  const w = world();
  Deno.writeTextFileSync(w.path, "broken");
  w.start();
  assertEquals(w.failedBrokers(), []);
  assertStringIncludes(String(w.records[0]!.fields!["reason"]), "wanted id=ms");
  Deno.writeTextFileSync(w.path, `1=${NOW_MS - 99}`);
  w.start();
  assertEquals(w.failedBrokers(), [[1, NOW_MS - 99]]);
  w.close();
});
