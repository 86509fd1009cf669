/**
 * Real Kafka clusters for tests: N separate broker processes on loopback, every one of them a KRaft controller unless
 * added later. Start takes about 5 s, a node about 150 MB.
 *
 * ```ts
 * const cluster = await startCluster({ brokers: 3 });
 * try { ... cluster.bootstrap ... await cluster.kill(2) ... await cluster.restart(2) } finally { await cluster.close() }
 * ```
 *
 * @module
 */
import { sleepUntil, systemClock } from "../../lib/clock.ts";
import { ClientProcess } from "./client_process.ts";
import { plainAdmin } from "./clients.ts";
import { copyFormatted, keepFormatted } from "./format.ts";
import {
  type AgentJars,
  ensureAgents,
  ensureJars,
  isRunning,
  type KafkaJars,
  MAIN_VERSION,
  run,
  TOP,
} from "./jars.ts";
import { claimPorts, type PortBlock } from "./ports.ts";
import {
  agentPort,
  exporterPort,
  plainPort,
  scramArguments,
  type SecuredListener,
  securedPort,
  serverProperties,
} from "./settings.ts";
import { makeCertificates, type TestCertificates } from "./tls.ts";

/** How long a cluster or a broker may take to become ready on a busy machine. */
const READY_WITHIN_MS = 60_000;
const CLUSTER_ID = "AAAAAAAAQACAAAAAAAAAAA";

/** What to start. */
export interface ClusterOptions {
  /** Brokers to begin with, ids 1..n; racks r0, r1, r2, r0, ... Default 3. */
  readonly brokers?: number;
  /** Kafka release, {@link MAIN_VERSION} unless told. */
  readonly version?: string;
  /** Lines of server.properties for every broker, over the defaults. See QUICK_RETENTION. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Adds a listener with TLS and SASL and an authorizer. */
  readonly secured?: SecuredListener;
  /** Ids, 1 to 4, of the brokers that carry a Jolokia agent. */
  readonly agents?: readonly number[];
  /** Configuration of the JMX exporter that those brokers then carry, too; a path. */
  readonly exporterFile?: string;
}

/** One broker process. */
export interface KafkaBroker {
  readonly id: number;
  readonly rack: string;
  readonly host: string;
  readonly port: number;
  /** Absolute paths of its two log dirs. */
  readonly logDirs: readonly [string, string];
  /** Process id, undefined while it is not running. */
  readonly pid: number | undefined;
  /** Address of its Jolokia agent; undefined when it has none. */
  readonly agentUrl: string | undefined;
  /** Address of its JMX exporter; undefined when it has none. */
  readonly exporterUrl: string | undefined;
}

/** A running cluster. */
export interface KafkaCluster {
  readonly version: string;
  /** The plain listeners of the brokers that it began with, `host:port,host:port`. */
  readonly bootstrap: string;
  /** The listeners with TLS and SASL; "" without {@link ClusterOptions.secured}. */
  readonly securedBootstrap: string;
  readonly certificates: TestCertificates | undefined;
  readonly brokers: readonly KafkaBroker[];
  readonly jars: KafkaJars;
  /** Starts one more broker, without controller, and waits until it is in the cluster. Ids go on: 4, 5. */
  addBroker(options?: { rack?: string }): Promise<KafkaBroker>;
  /** SIGKILL; resolves when the process has ended. The cluster fences it about 6 s later. */
  kill(id: number): Promise<void>;
  /** SIGTERM; resolves when the process has ended, after a controlled shutdown. */
  stop(id: number): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  hang(id: number): void;
  /** SIGCONT after {@link hang}. */
  resume(id: number): void;
  /** Ends the agent of a broker, which goes on without it until it is started again. */
  stopAgent(id: number): Promise<void>;
  /** Starts a killed or stopped broker again and waits until it is in the cluster. */
  restart(id: number): Promise<void>;
  /** Makes log dir 0 or 1 of a broker unusable, as a failed disk does; seen by the broker within about 5 s. */
  failDisk(id: number, dir: 0 | 1): Promise<void>;
  /** Waits until every running broker knows exactly these ids. */
  waitForBrokers(ids: readonly number[]): Promise<void>;
  /** Rows that Kafka's own client gives for a command; see independent.ts. */
  ask(command: readonly string[]): Promise<string[][]>;
  /** What a broker logged: warnings and errors. */
  logOf(id: number): Promise<string>;
  /** SIGKILL for all; the run directory is removed unless KEEP_KAFKA_RUN is set. */
  close(): Promise<void>;
}

interface Node {
  readonly id: number;
  readonly rack: string;
  readonly directory: string;
  pid: number | undefined;
}

/** Starts a cluster and waits until every broker sees all others. Ends its processes if that fails. */
export async function startCluster(options: ClusterOptions = {}): Promise<KafkaCluster> {
  const jars = await ensureJars(options.version ?? MAIN_VERSION);
  const agents = options.agents === undefined ? undefined : await ensureAgents();
  const block = await claimPorts();
  const certificates = options.secured === undefined
    ? undefined
    : await makeCertificates(`${block.runDirectory}/tls`, options.secured.certificateNames);
  const cluster = new LocalCluster(jars, block, options, { certificates, agents });
  try {
    await cluster.start();
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

class LocalCluster implements KafkaCluster {
  readonly #nodes: Node[] = [];
  readonly #clock = systemClock();
  readonly #onUnload = () => this.#killAll();
  readonly #first: number;
  #client: ClientProcess | undefined;

  constructor(
    readonly jars: KafkaJars,
    readonly block: PortBlock,
    readonly options: ClusterOptions,
    readonly made: {
      readonly certificates: TestCertificates | undefined;
      readonly agents: AgentJars | undefined;
    },
  ) {
    this.#first = options.brokers ?? 3;
    for (let id = 1; id <= this.#first; id++) this.#addNode(`r${(id - 1) % 3}`);
    globalThis.addEventListener("unload", this.#onUnload);
  }

  get version(): string {
    return this.jars.version;
  }

  get certificates(): TestCertificates | undefined {
    return this.made.certificates;
  }

  get brokers(): readonly KafkaBroker[] {
    return this.#nodes.map((node) => ({
      id: node.id,
      rack: node.rack,
      host: "127.0.0.1",
      port: plainPort(this.block.seedPort, node.id),
      logDirs: [`${node.directory}/d0`, `${node.directory}/d1`],
      pid: node.pid,
      agentUrl: this.#hasAgent(node.id)
        ? `http://127.0.0.1:${agentPort(this.block.seedPort, node.id)}/jolokia/`
        : undefined,
      exporterUrl: this.#hasAgent(node.id) && this.options.exporterFile !== undefined
        ? `http://127.0.0.1:${exporterPort(this.block.seedPort, node.id)}/metrics`
        : undefined,
    }));
  }

  get bootstrap(): string {
    return this.#firstIds().map((id) => `127.0.0.1:${plainPort(this.block.seedPort, id)}`).join(
      ",",
    );
  }

  get securedBootstrap(): string {
    if (this.options.secured === undefined) return "";
    return this.#firstIds().map((id) => `localhost:${securedPort(this.block.seedPort, id)}`)
      .join(",");
  }

  async start(): Promise<void> {
    for (const node of this.#nodes) await this.#format(node);
    await this.#guard();
    await Promise.all(this.#nodes.map((node) => this.#launch(node)));
    await this.waitForBrokers(this.#nodes.map((node) => node.id));
  }

  async addBroker(options: { rack?: string } = {}): Promise<KafkaBroker> {
    const node = this.#addNode(options.rack ?? `r${this.#nodes.length % 3}`);
    await this.#format(node);
    await this.#launch(node);
    await this.waitForBrokers(this.#runningIds());
    return this.brokers.find((broker) => broker.id === node.id)!;
  }

  async kill(id: number): Promise<void> {
    await this.#end(this.#node(id), "SIGKILL");
  }

  async stop(id: number): Promise<void> {
    await this.#end(this.#node(id), "SIGTERM");
  }

  hang(id: number): void {
    this.#signal(this.#node(id), "SIGSTOP");
  }

  resume(id: number): void {
    this.#signal(this.#node(id), "SIGCONT");
  }

  async stopAgent(id: number): Promise<void> {
    const { pid } = this.#node(id);
    await run("java", ["-jar", this.made.agents!.jolokia, "--quiet", "stop", String(pid)]);
  }

  async restart(id: number): Promise<void> {
    const node = this.#node(id);
    if (node.pid !== undefined) await this.#end(node, "SIGKILL");
    await this.#launch(node);
    await this.waitForBrokers(this.#runningIds());
  }

  async failDisk(id: number, dir: 0 | 1): Promise<void> {
    const path = `${this.#node(id).directory}/d${dir}`;
    await Deno.rename(path, `${path}-failed`);
    // A file in place of the directory fails every access, also for root, whom permissions do not stop.
    await Deno.writeTextFile(path, "");
  }

  async waitForBrokers(ids: readonly number[]): Promise<void> {
    const wanted = [...ids].sort((a, b) => a - b).join(",");
    const giveUpMs = this.#clock.nowMs() + READY_WITHIN_MS;
    for (const node of this.#nodes) {
      if (node.pid === undefined) continue;
      for (;;) {
        if (!isRunning(node.pid)) {
          throw new Error(`Broker ${node.id} ended while starting:\n${await this.logOf(node.id)}`);
        }
        const seen = await this.#idsSeenBy(node.id);
        if (seen === wanted) break;
        if (this.#clock.nowMs() > giveUpMs) {
          const log = await this.logOf(node.id);
          throw new Error(`Broker ${node.id} sees brokers [${seen}], wanted [${wanted}]:\n${log}`);
        }
        await sleepUntil(this.#clock, this.#clock.nowMs() + 100);
      }
    }
  }

  ask(command: readonly string[]): Promise<string[][]> {
    this.#client ??= new ClientProcess(this.jars, this.bootstrap);
    return this.#client.ask(command);
  }

  async logOf(id: number): Promise<string> {
    return await Deno.readTextFile(`${this.#node(id).directory}/broker.log`).catch(() => "");
  }

  async close(): Promise<void> {
    globalThis.removeEventListener("unload", this.#onUnload);
    await this.#client?.close();
    await Promise.all(this.#nodes.map((node) => this.#end(node, "SIGKILL")));
    this.block.release();
    if (Deno.env.has("KEEP_KAFKA_RUN")) return;
    await Deno.remove(this.block.runDirectory, { recursive: true }).catch(() => {});
  }

  #hasAgent(id: number): boolean {
    return this.options.agents?.includes(id) ?? false;
  }

  #firstIds(): number[] {
    return Array.from({ length: this.#first }, (_, i) => i + 1);
  }

  #runningIds(): number[] {
    return this.#nodes.filter((node) => node.pid !== undefined).map((node) => node.id);
  }

  #addNode(rack: string): Node {
    const id = this.#nodes.length + 1;
    const node = { id, rack, directory: `${this.block.runDirectory}/n${id}`, pid: undefined };
    this.#nodes.push(node);
    return node;
  }

  #node(id: number): Node {
    const node = this.#nodes.find((candidate) => candidate.id === id);
    if (node === undefined) throw new Error(`There is no broker ${id}`);
    return node;
  }

  async #format(node: Node): Promise<void> {
    await Deno.mkdir(node.directory, { recursive: true });
    const file = `${node.directory}/server.properties`;
    const secured = this.options.secured;
    const keyStore = this.certificates?.keyStore ?? "";
    await Deno.writeTextFile(
      file,
      serverProperties({
        id: node.id,
        rack: node.rack,
        directory: node.directory,
        seedPort: this.block.seedPort,
        controllerIds: this.#firstIds(),
        settings: this.options.settings ?? {},
        secured: secured === undefined ? undefined : { keyStore, listener: secured },
      }),
    );
    const kept = `${this.block.runDirectory}/formatted`;
    if (node.id > 1) return await copyFormatted(kept, node.directory, node.id);
    const scram = secured === undefined ? [] : scramArguments(secured);
    await run("java", [
      ...this.#javaArguments("kafka.tools.StorageTool"),
      ...["format", "-t", CLUSTER_ID, "-c", file, ...scram],
    ]);
    await keepFormatted(node.directory, kept);
  }

  #javaArguments(mainClass: string): string[] {
    return [
      ...this.jars.jvmFlags,
      "-cp",
      this.jars.classPath,
      `-Dlog4j2.configurationFile=${TOP}/tests/kafka/log4j2.properties`,
      mainClass,
    ];
  }

  #agentArguments(id: number): string[] {
    if (!this.#hasAgent(id)) return [];
    const { jolokia, exporter } = this.made.agents!;
    const seed = this.block.seedPort;
    const file = this.options.exporterFile;
    return [
      `-javaagent:${jolokia}=port=${agentPort(seed, id)},host=127.0.0.1`,
      ...(file === undefined
        ? []
        : [`-javaagent:${exporter}=127.0.0.1:${exporterPort(seed, id)}:${file}`]),
    ];
  }

  /** Starts the process through a shell that ends at once, so that no test has to hold a child process open. */
  async #launch(node: Node): Promise<void> {
    const script = 'log=$1; shift; java "$@" >>"$log" 2>&1 </dev/null & echo $!';
    const output = await run("sh", [
      ...["-c", script, "sh", `${node.directory}/broker.log`],
      ...this.#agentArguments(node.id),
      ...this.#javaArguments("kafka.Kafka"),
      `${node.directory}/server.properties`,
    ]);
    node.pid = Number(output.trim());
    await Deno.writeTextFile(`${node.directory}/pid`, String(node.pid));
  }

  /** A shell that outlives us and ends our brokers should this process be killed before it can. */
  async #guard(): Promise<void> {
    const script = `
      while [ -f "$1/owner" ] && kill -0 "$2" 2>/dev/null; do sleep 2; done
      for f in "$1"/n*/pid; do
        [ -f "$f" ] || continue
        if ps -o args= -p "$(cat "$f")" | grep -q -F "$1/"; then kill -9 "$(cat "$f")"; fi
      done`;
    await run("sh", [
      "-c",
      'script=$1; shift; sh -c "$script" "$@" >/dev/null 2>&1 </dev/null &',
      ...["sh", script, "guard", this.block.runDirectory, String(Deno.pid)],
    ]);
  }

  #signal(node: Node, signal: Deno.Signal): boolean {
    if (node.pid === undefined) return false;
    try {
      Deno.kill(node.pid, signal);
      return true;
    } catch {
      return false; // It has ended by itself.
    }
  }

  async #end(node: Node, signal: Deno.Signal): Promise<void> {
    const pid = node.pid;
    if (pid === undefined) return;
    this.#signal(node, signal);
    const giveUpMs = this.#clock.nowMs() + READY_WITHIN_MS;
    while (isRunning(pid)) {
      if (this.#clock.nowMs() > giveUpMs) this.#signal(node, "SIGKILL");
      await sleepUntil(this.#clock, this.#clock.nowMs() + 20);
    }
    node.pid = undefined;
    await Deno.remove(`${node.directory}/pid`).catch(() => {});
  }

  #killAll(): void {
    for (const node of this.#nodes) this.#signal(node, "SIGKILL");
    try {
      Deno.removeSync(`${this.block.runDirectory}/owner`);
    } catch {
      // Removed already.
    }
  }

  async #idsSeenBy(id: number): Promise<string> {
    const admin = plainAdmin([`127.0.0.1:${plainPort(this.block.seedPort, id)}`]);
    try {
      await admin.connect();
      const { brokers } = await admin.describeCluster();
      return brokers.map((broker) => broker.nodeId).sort((a, b) => a - b).join(",");
    } catch {
      return "";
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }
}
