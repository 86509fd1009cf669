/**
 * What `StorageTool format` writes for one node, made into that of another: a JVM for each would take longer than a
 * broker does to start.
 *
 * @module
 */

/** The directories of a node that formatting fills. */
const FORMATTED = ["d0", "d1", "meta"];

/** Keeps what formatting wrote into a node's directory, before the node runs and writes more. */
export async function keepFormatted(nodeDirectory: string, into: string): Promise<void> {
  for (const name of FORMATTED) await copyAll(`${nodeDirectory}/${name}`, `${into}/${name}`);
}

/** Gives node `id` what was kept, under its own id and ids of its own for its directories. */
export async function copyFormatted(
  kept: string,
  nodeDirectory: string,
  id: number,
): Promise<void> {
  for (const name of FORMATTED) {
    const directory = `${nodeDirectory}/${name}`;
    await copyAll(`${kept}/${name}`, directory);
    const file = `${directory}/meta.properties`;
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(
      file,
      text.replace(/^node\.id=.*$/m, `node.id=${id}`)
        .replace(/^directory\.id=.*$/m, `directory.id=${directoryId(id, name)}`),
    );
  }
}

/** 16 bytes in the base64 of URLs, as Kafka writes them. */
function directoryId(id: number, name: string): string {
  const text = btoa(`evenkeel-n${id}-${name}`.padEnd(16, "."));
  return text.slice(0, 22).replaceAll("+", "-").replaceAll("/", "_");
}

async function copyAll(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    const [source, target] = [`${from}/${entry.name}`, `${to}/${entry.name}`];
    if (entry.isDirectory) await copyAll(source, target);
    else await Deno.copyFile(source, target);
  }
}
