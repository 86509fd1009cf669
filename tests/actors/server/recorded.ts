/** Reads the recorded exchanges with a real Cruise Control in tests/fixtures/cruise-control-rest. */

/** One exchange: what was asked and what a real Cruise Control answered. */
export interface Recorded {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly requestHeaders: ReadonlyMap<string, string>;
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const FOLDER = new URL("../../fixtures/cruise-control-rest/", import.meta.url);

/** The exchange whose file name begins with `number`. */
export function recorded(number: number): Recorded {
  for (const entry of Deno.readDirSync(FOLDER)) {
    if (entry.name.startsWith(`${number}-`)) {
      return parse(Deno.readTextFileSync(new URL(entry.name, FOLDER)));
    }
  }
  throw new Error(`There is no recorded exchange ${number}`);
}

/** The JSON body of the exchange whose file name begins with `number`. */
export function recordedJson<T>(number: number): T {
  return JSON.parse(recorded(number).body) as T;
}

function headersOf(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.filter((line) => line.includes(": ")).map((line) => {
      const at = line.indexOf(": ");
      return [line.slice(0, at).toLowerCase(), line.slice(at + 2)];
    }),
  );
}

function parse(text: string): Recorded {
  const divider = text.indexOf("\n---\n");
  const request = text.slice(0, divider).split("\n").filter((line) => !line.startsWith("# "));
  const answer = text.slice(divider + "\n---\n".length);
  const headEnd = answer.indexOf("\n\n");
  const head = answer.slice(0, headEnd).split("\n");
  const [method, target] = request[0]!.split(" ") as [string, string];
  return {
    method,
    target,
    requestHeaders: headersOf(request.slice(1)),
    status: Number(head[0]!.split(" ")[1]),
    headers: headersOf(head.slice(1)),
    body: answer.slice(headEnd + 2),
  };
}
