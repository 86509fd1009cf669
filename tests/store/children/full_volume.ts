/**
 * What the store does on a volume without space, told as JSON on stdout. Argument: a directory on a volume of a few
 * hundred KB that nobody else uses.
 */
import { systemClock } from "../../../lib/clock.ts";
import type { Result } from "../../../lib/failure.ts";
import { silentLog } from "../../../lib/log.ts";
import { openState } from "../../../store/open.ts";
import { openSampleStore } from "../../../store/samples.ts";

const directory = Deno.args[0]!;
const options = { directory, clock: systemClock(), log: silentLog };
const filler = `${directory}/filler`;
const outcome = (result: Result<unknown>) => result.ok ? "ok" : result.failure.code;

function fillVolume(): void {
  const file = Deno.openSync(filler, { create: true, write: true });
  for (const chunk of [65_536, 4_096, 512]) {
    try {
      while (file.writeSync(new Uint8Array(chunk)) > 0);
    } catch {
      // The volume is full: that is what was wanted.
    }
  }
  file.close();
}

const partitions = 5_000;
const layout = {
  topics: [{ name: "t", id: "", firstRow: 0, partitions }],
  entityCount: partitions,
};
const counts = new Uint16Array(partitions).fill(1);
const save = {
  windowMs: 60_000,
  layout,
  windows: [{
    endMs: 60_000,
    sampleCounts: counts,
    metrics: [{ metricId: 1, totals: new Float32Array(partitions), knownCounts: counts }],
  }],
  brokerWindows: [],
  counters: { loadGeneration: 1, samplesStored: 1 },
  keepFromMs: 0,
};

fillVolume();
const told: Record<string, string> = {};
told["state, opened without space"] = outcome(openState(options));
const samples = openSampleStore(options);
told["samples, opened without space"] = outcome(samples);
if (!samples.ok) Deno.exit(1);
told["samples, saved without space"] = outcome(samples.value.save(save));
Deno.removeSync(filler);
told["samples, saved with space again"] = outcome(samples.value.save(save));

const state = openState(options);
if (!state.ok) Deno.exit(1);
const { connection } = state.value;
connection.exec("CREATE TABLE written (bytes BLOB)");
const insert = connection.prepare("INSERT INTO written VALUES (?)");
const write = () =>
  state.value.transaction("Cannot write", () => {
    insert.run(new Uint8Array(20_000));
  });
told["state, written with space"] = outcome(write());
fillVolume();
told["state, written without space"] = outcome(write());
Deno.removeSync(filler);
told["state, written with space again"] = outcome(write());
told["rows"] = String(connection.prepare("SELECT count(*) AS n FROM written").get()!["n"]);
console.log(JSON.stringify(told));
