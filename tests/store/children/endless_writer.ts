/** Writes samples and state without end and tells each commit on stdout, until it is killed. Argument: directory. */
import { systemClock } from "../../../lib/clock.ts";
import { silentLog } from "../../../lib/log.ts";
import { openState } from "../../../store/open.ts";
import { openSampleStore } from "../../../store/samples.ts";

const options = { directory: Deno.args[0]!, clock: systemClock(), log: silentLog };
const state = openState(options);
const samples = openSampleStore(options);
if (!state.ok || !samples.ok) Deno.exit(1);
const { connection } = state.value;
connection.exec("CREATE TABLE written (n INTEGER PRIMARY KEY, again INTEGER NOT NULL)");
const insert = connection.prepare("INSERT INTO written VALUES (?, ?)");
const partitions = 20_000;
const layout = {
  topics: [{ name: "t", id: "", firstRow: 0, partitions }],
  entityCount: partitions,
};
for (let n = 1;; n++) {
  const counts = new Uint16Array(partitions).fill(n % 65_536);
  const totals = new Float32Array(partitions).fill(n);
  const saved = samples.value.save({
    windowMs: 60_000,
    layout,
    windows: [{
      endMs: 60_000 * (1 + n % 3),
      sampleCounts: counts,
      metrics: [{ metricId: 1, totals, knownCounts: counts }],
    }],
    brokerWindows: [],
    counters: { loadGeneration: n, samplesStored: n },
    keepFromMs: 0,
  });
  const noted = state.value.transaction("Cannot note", () => {
    insert.run(n, n);
  });
  if (!saved.ok || !noted.ok) Deno.exit(1);
  Deno.stdout.writeSync(new TextEncoder().encode(`${n}\n`));
}
