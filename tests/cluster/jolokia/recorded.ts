/** Recorded answers of real agents, cut to what is asked for. */
import { BULK_READ } from "../../../cluster/jolokia/beans.ts";
import { BROKER_METRICS } from "../../../model/readings.ts";

/** A bean's attributes. */
export type Attributes = Readonly<Record<string, unknown>>;

interface Entry {
  readonly status: number;
  readonly request: { readonly mbean: string };
  readonly value?: Attributes;
}

const FOLDER = new URL("../../fixtures/jmx/", import.meta.url);

/**
 * The beans that a broker's recording has, by full name with sorted properties. The recording asks for meters by
 * pattern and for request times without `Count`; the number of requests of the minute before stands in for it.
 */
export async function recorded(brokerId: number): Promise<Map<string, Attributes>> {
  const text = await Deno.readTextFile(new URL(`jolokia-broker${brokerId}.json`, FOLDER));
  const beans = new Map<string, Attributes>();
  for (const { request, value } of JSON.parse(text) as Entry[]) {
    if (value === undefined) continue;
    if (!request.mbean.includes("*")) beans.set(sorted(request.mbean), value);
    else {for (const [name, one] of Object.entries(value)) {
        beans.set(sorted(name), one as Attributes);
      }}
  }
  for (const [name, value] of beans) {
    if (name.includes("name=TotalTimeMs")) beans.set(name, { Count: 860, ...value });
  }
  return new Map([...beans].map(([name, value]) => [inOurOrder(name), value]));
}

/** The recorded answer to the deliberate read of a bean that does not exist. */
const MISSING = {
  error_type: "javax.management.InstanceNotFoundException",
  ".error": true,
  error: "javax.management.InstanceNotFoundException : kafka.log:type=Nope,name=x",
  status: 404,
};

/** The entries that an agent with these beans answers with to what is asked. */
export function entriesOf(beans: ReadonlyMap<string, Attributes>): unknown[] {
  const reads = JSON.parse(BULK_READ) as { mbean: string; attribute: string[] }[];
  return reads.map(({ mbean, attribute }) => {
    const value = beans.get(mbean);
    const request = { mbean: sorted(mbean), attribute, type: "read" };
    if (value === undefined) return { ...MISSING, request };
    const asked = Object.fromEntries(attribute.map((name) => [name, value[name]]));
    return { request, value: asked, status: 200, timestamp: 1795427731 };
  });
}

/** The answer as text. */
export function answerOf(beans: ReadonlyMap<string, Attributes>): string {
  return JSON.stringify(entriesOf(beans));
}

/** A row by name. */
export function numbersOf(row: Float64Array): Record<typeof BROKER_METRICS[number], number> {
  return Object.fromEntries(BROKER_METRICS.map((name, i) => [name, row[i]!])) as Record<
    typeof BROKER_METRICS[number],
    number
  >;
}

function sorted(name: string): string {
  const colon = name.indexOf(":");
  return `${name.slice(0, colon)}:${name.slice(colon + 1).split(",").sort().join(",")}`;
}

function inOurOrder(name: string): string {
  const reads = JSON.parse(BULK_READ) as { mbean: string }[];
  return reads.find(({ mbean }) => sorted(mbean) === name)?.mbean ?? name;
}
