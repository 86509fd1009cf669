/**
 * Java property files, as Cruise Control is configured with: comments, continuation lines, escapes, `=`, `:` or a
 * blank as separator. Format after the documentation of java.util.Properties.
 *
 * @module
 */

/** Parses the text of a property file; the last of repeated keys wins. Never fails: any text is a property file. */
export function parseProperties(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const split = splitPair(line);
    settings.set(unescape(split.key), unescape(split.value));
  }
  return settings;
}

function* logicalLines(text: string): Generator<string> {
  let pending = "";
  let continued = false;
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.replace(/^[ \t\f]+/, "");
    if (!continued && (line === "" || line.startsWith("#") || line.startsWith("!"))) continue;
    const trailing = /\\*$/.exec(line)![0].length;
    continued = trailing % 2 === 1;
    pending += continued ? line.slice(0, -1) : line;
    if (continued) continue;
    yield pending;
    pending = "";
  }
  if (pending !== "") yield pending;
}

function splitPair(line: string): { key: string; value: string } {
  let end = 0;
  while (end < line.length && !/[=: \t\f]/.test(line[end]!)) end += line[end] === "\\" ? 2 : 1;
  const rest = line.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, "");
  return { key: line.slice(0, end), value: rest };
}

function unescape(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (_, escape: string) => {
    if (/^u[0-9a-fA-F]{4}$/.test(escape)) return String.fromCharCode(parseInt(escape.slice(1), 16));
    return { t: "\t", n: "\n", r: "\r", f: "\f" }[escape] ?? escape;
  });
}
