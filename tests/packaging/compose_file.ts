/**
 * What `docker-compose.yml` says, as far as tests hold it to something.
 *
 * @module
 */
import { parse } from "yaml";
import { TOP } from "../../tools/run.ts";

/** One service. */
export interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly profiles?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly hostname?: string;
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
}

/** The file. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** Reads the file, `<<` resolved. */
export function readCompose(): ComposeFile {
  const text = Deno.readTextFileSync(`${TOP}docker-compose.yml`);
  return parse(text, { merge: true, strict: true }) as ComposeFile;
}

/** The services that are brokers, by id. */
export function brokersOf({ services }: ComposeFile): Map<number, Service> {
  const brokers = Object.values(services).filter(({ environment }) =>
    environment?.KAFKA_NODE_ID !== undefined
  );
  return new Map(brokers.map((one) => [Number(one.environment!.KAFKA_NODE_ID), one]));
}

/** Variables of the image that are not settings of the broker. */
const NOT_SETTINGS = ["KAFKA_HEAP_OPTS", "KAFKA_OPTS"];

/** The server.properties that the image makes of a broker's variables: `KAFKA_LOG_DIRS` is `log.dirs`. */
export function brokerSettings(broker: Service): Map<string, string> {
  const variables = Object.entries(broker.environment ?? {}).filter(([name]) =>
    name.startsWith("KAFKA_") && !NOT_SETTINGS.includes(name)
  );
  return new Map(variables.map(([name, value]) => [
    name.slice("KAFKA_".length).toLowerCase().replaceAll("_", "."),
    String(value),
  ]));
}
