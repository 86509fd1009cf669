import { assert, assertEquals, assertThrows } from "@std/assert";
import { ManualClock } from "../../lib/clock.ts";
import type { LogRecord } from "../../lib/log.ts";
import { logTo, silentLog } from "../../lib/log.ts";
import { migrate } from "../../store/migrations/migration.ts";
import { openSamples, openState } from "../../store/open.ts";
import { connect } from "../../store/sqlite.ts";

const NOW_MS = 1_700_000_000_000;

function withDirectory(test: (directory: string) => void): void {
  const directory = Deno.makeTempDirSync();
  try {
    test(directory);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

function options(directory: string) {
  return { directory, clock: new ManualClock(NOW_MS), log: silentLog };
}

function mustOpen(opened: ReturnType<typeof openState>) {
  assert(opened.ok, opened.ok ? "" : opened.failure.message);
  return opened.value;
}

Deno.test("openState() makes the directory, writes ahead and syncs fully", () => {
  withDirectory((directory) => {
    const store = mustOpen(openState(options(`${directory}/a/b`)));
    assertEquals(store.connection.pragma("journal_mode")[0]!["journal_mode"], "wal");
    assertEquals(store.connection.pragma("synchronous")[0]!["synchronous"], 2);
    store.close();
    const again = mustOpen(openState(options(`${directory}/a/b`)));
    again.close();
  });
});

Deno.test("openSamples() syncs at checkpoints only", () => {
  withDirectory((directory) => {
    const store = mustOpen(openSamples(options(directory)));
    assertEquals(store.connection.pragma("synchronous")[0]!["synchronous"], 1);
    store.close();
  });
});

Deno.test("openState() refuses a file from the future and names both versions", () => {
  withDirectory((directory) => {
    const store = mustOpen(openState(options(directory)));
    store.connection.exec("PRAGMA user_version = 4711");
    store.close();
    const before = Deno.readFileSync(`${directory}/state.db`);
    const opened = openState(options(directory));
    assert(!opened.ok);
    assertEquals(opened.failure.code, "store_too_new");
    assert(/schema version 4711, this one knows up to \d+/.test(opened.failure.message));
    assertEquals(Deno.readFileSync(`${directory}/state.db`), before);
  });
});

Deno.test("openState() leaves a damaged file untouched and says what to do", () => {
  withDirectory((directory) => {
    const garbage = new Uint8Array(8192).fill(0x5a);
    Deno.writeFileSync(`${directory}/state.db`, garbage);
    const opened = openState(options(directory));
    assert(!opened.ok);
    assertEquals(opened.failure.code, "store_corrupt");
    assert(opened.failure.details!.some((line) => line.includes(".recover")));
    assertEquals(Deno.readFileSync(`${directory}/state.db`), garbage);
    assertEquals([...Deno.readDirSync(directory)].map((entry) => entry.name), ["state.db"]);
  });
});

Deno.test("openSamples() sets a torn file aside, starts anew and says so", () => {
  withDirectory((directory) => {
    const store = mustOpen(openSamples(options(directory)));
    store.connection.exec("CREATE TABLE filler (x BLOB)");
    store.connection.exec("INSERT INTO filler VALUES (randomblob(100000))");
    store.close();
    const bytes = Deno.readFileSync(`${directory}/samples.db`);
    const torn = bytes.slice(0, bytes.length - 20_000);
    Deno.writeFileSync(`${directory}/samples.db`, torn);

    const records: LogRecord[] = [];
    const log = logTo((record) => records.push(record), "store", { nowMs: () => NOW_MS });
    const opened = mustOpen(openSamples({ ...options(directory), log }));
    const aside = `${directory}/samples.db.damaged-${NOW_MS}`;
    assertEquals(opened.setAsideAs, aside);
    assertEquals(Deno.readFileSync(aside), torn);
    assertEquals(records.map((record) => record.level), ["error"]);
    assertEquals(records[0]!.fields["setAsideAs"], aside);
    opened.close();
    assertEquals(mustOpen(openSamples(options(directory))).setAsideAs, undefined);
  });
});

Deno.test("openState() names a directory that cannot be made", () => {
  withDirectory((directory) => {
    Deno.writeTextFileSync(`${directory}/file`, "");
    const opened = openState(options(`${directory}/file`));
    assert(!opened.ok);
    assertEquals(opened.failure.code, "invalid_file");
    assert(opened.failure.message.includes(`${directory}/file`));
  });
});

Deno.test("transaction() keeps nothing of work that threw", () => {
  withDirectory((directory) => {
    const store = mustOpen(openState(options(directory)));
    store.connection.exec("CREATE TABLE t (x INTEGER)");
    assertThrows(
      () =>
        store.transaction("Cannot count", () => {
          store.connection.exec("INSERT INTO t VALUES (1)");
          throw new TypeError("a mistake of ours");
        }),
      TypeError,
      "a mistake of ours",
    );
    assertEquals(store.connection.prepare("SELECT count(*) AS n FROM t").get(), { n: 0 });
    assertEquals(store.transaction("Cannot count", () => 7), { ok: true, value: 7 });
    store.close();
  });
});

Deno.test("transaction() refuses work that returns a promise", () => {
  withDirectory((directory) => {
    const store = mustOpen(openState(options(directory)));
    store.connection.exec("CREATE TABLE t (x INTEGER)");
    assertThrows(
      () =>
        store.transaction("Cannot count", () => {
          store.connection.exec("INSERT INTO t VALUES (1)");
          return Promise.resolve() as unknown as number;
        }),
      Error,
      "promise",
    );
    assertEquals(store.connection.prepare("SELECT count(*) AS n FROM t").get(), { n: 0 });
    store.close();
  });
});

Deno.test("transaction() answers store_full while there is no space, and recovers with it", () => {
  // SQLite's own page limit gives the very refusal that a full volume gives.
  withDirectory((directory) => {
    const store = mustOpen(openState(options(directory)));
    store.connection.exec("CREATE TABLE t (x BLOB)");
    const pages = Number(store.connection.pragma("page_count")[0]!["page_count"]);
    store.connection.pragma(`max_page_count = ${pages}`);
    const write = () =>
      store.transaction("Cannot store", () => {
        store.connection.prepare("INSERT INTO t VALUES (?)").run(new Uint8Array(50_000));
      });
    const refused = write();
    assert(!refused.ok);
    assertEquals(refused.failure.code, "store_full");
    assert(refused.failure.retriable);
    assert(refused.failure.message.startsWith("Cannot store: "));
    store.connection.pragma("max_page_count = 1000000");
    assert(write().ok);
    assertEquals(store.connection.prepare("SELECT count(*) AS n FROM t").get(), { n: 1 });
    store.close();
  });
});

Deno.test("migrate() applies what is missing, once, in order, or nothing at all", () => {
  withDirectory((directory) => {
    const connection = connect(`${directory}/x.db`, { busyTimeoutMs: 100 });
    const first = { version: 1, name: "one", sql: "CREATE TABLE one (x INTEGER)" };
    const third = { version: 3, name: "three", sql: "CREATE TABLE three (x INTEGER)" };
    migrate(connection, [first, third], { nowMs: 1 });
    const second = { version: 2, name: "two", sql: "CREATE TABLE two (x INTEGER)" };
    const broken = { version: 4, name: "four", sql: "CREATE TABLE four (x INTEGER); SELECT nope" };
    assertThrows(() => migrate(connection, [first, second, third, broken], { nowMs: 2 }));
    const versions = () =>
      connection.prepare("SELECT version FROM schema_migration ORDER BY 1").all()
        .map((row) => row["version"]);
    assertEquals(versions(), [1, 3]);
    migrate(connection, [first, second, third], { nowMs: 3 });
    assertEquals(versions(), [1, 2, 3]);
    assertEquals(connection.pragma("user_version")[0]!["user_version"], 3);
    connection.close();
  });
});
