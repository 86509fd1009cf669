/**
 * Kafka's own Java client as a process that answers one command after the other: a JVM for each question would cost
 * more than everything else that a test does.
 *
 * @module
 */
import { type KafkaJars, TOP } from "./jars.ts";

/** A running client. Ends when it is closed, or with the process that started it. */
export class ClientProcess {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;
  /** The last question, settled when its answer is read: one at a time. */
  #asking: Promise<unknown> = Promise.resolve();

  /** Starts it for a cluster's plain listeners. */
  constructor(jars: KafkaJars, bootstrap: string) {
    this.#child = new Deno.Command("java", {
      args: [
        ...jars.jvmFlags,
        ...["-cp", jars.classPath],
        `-Dlog4j2.configurationFile=${TOP}/tests/kafka/log4j2.properties`,
        ...["IndependentClient", bootstrap],
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
  }

  /** The rows that a command of `IndependentClient.java` gives. Throws when it failed. */
  ask(command: readonly string[]): Promise<string[][]> {
    const asked = this.#asking.then(() => this.#ask(command));
    this.#asking = asked.catch(() => {});
    return asked;
  }

  /** Ends it, after what it is doing. */
  async close(): Promise<void> {
    await this.#input.close().catch(() => {});
    await this.#child.status;
    await this.#lines.return?.();
  }

  async #ask(command: readonly string[]): Promise<string[][]> {
    await this.#input.write(new TextEncoder().encode(`${command.join("\t")}\n`));
    const rows: string[][] = [];
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`Kafka's client ended during ${command.join(" ")}`);
      if (value === "+") return rows;
      if (value.startsWith("!")) throw new Error(`${command.join(" ")}: ${value.slice(1)}`);
      rows.push(value.split("\t"));
    }
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop()!;
    yield* lines;
  }
}
