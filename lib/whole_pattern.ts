/**
 * Regular expressions that people send, for whole names, in time that grows with pattern and name alone.
 *
 * The runtime's own matcher goes back and tries again: `(.*.*.*.*)+x` keeps it busy for years with a name of 30 letters, and
 * nothing can stop it. So it gets the patterns that hold at most one quantifier, which are most. All others run here:
 * a program of a few kinds of steps, of which each is tried at each place of the name at most once (Thompson 1968,
 * https://swtch.com/~rsc/regexp/regexp2.html). Single characters are still judged by the runtime.
 *
 * @module
 */

/** Steps of the longest program: repeats with counts are written out, `(?:a{1000}){1000}` would take a million. */
const STEPS_MAX = 20_000;

type Node =
  | { readonly kind: "character"; readonly is: RegExp }
  | { readonly kind: "edge"; readonly which: "start" | "end" | "word" | "inside" }
  | { readonly kind: "sequence" | "choice"; readonly parts: readonly Node[] }
  | { readonly kind: "repeat"; readonly part: Node; readonly least: number; readonly most: number }
  | { readonly kind: "ahead"; readonly part: Node; readonly wanted: boolean };

type Step =
  | { readonly kind: "character"; readonly is: RegExp; readonly ascii: Int8Array }
  | { readonly kind: "edge"; readonly which: "start" | "end" | "word" | "inside" }
  | { readonly kind: "fork"; other: number }
  | { readonly kind: "jump"; to: number }
  /** The steps from the next one on are another program, which ends before `to`. */
  | { readonly kind: "ahead"; readonly wanted: boolean; to: number }
  | { readonly kind: "match" };

/**
 * Compiles a pattern for whole texts: JavaScript's syntax with the flag u, and of Java's also a leading `(?i)`, quoting
 * between `\Q` and `\E`, and a backslash before any sign. Throws SyntaxError when it is none, and when it holds what
 * cannot be bounded: back references, looking behind or flags of groups beside several quantifiers.
 */
export function wholePattern(pattern: string): (text: string) => boolean {
  const flags = pattern.startsWith("(?i)") ? "iu" : "u";
  const source = fromJava(pattern.slice(flags === "iu" ? 4 : 0));
  const whole = new RegExp(`^(?:${source})$`, flags);
  if ((source.match(/[*+?{]/g)?.length ?? 0) <= 1) return (text) => whole.test(text);
  const program = new Writer(new Reader(source, flags).read()).steps;
  return (text) => new Run(program, text).matches();
}

/** Signs that stay escaped: those that mean something by themselves. */
const MEANS_SOMETHING = /[\^$\\.*+?()[\]{}|/-]/;

function fromJava(pattern: string): string {
  const unquoted = pattern.replace(
    /\\Q([\s\S]*?)(\\E|$)/g,
    (_, quoted: string) => quoted.replace(/[\^$\\.*+?()[\]{}|/]/g, "\\$&"),
  );
  let inClass = false;
  return unquoted.replace(/\\([\s\S])|[[\]]/g, (whole, escaped: string | undefined) => {
    if (escaped === undefined) inClass = whole === "[";
    if (escaped === undefined || /[A-Za-z0-9]/.test(escaped)) return whole;
    // Outside of brackets a dash means nothing, and JavaScript takes no escaped one.
    return MEANS_SOMETHING.test(escaped) && (escaped !== "-" || inClass) ? whole : escaped;
  });
}

/** One character, class or escape. The pattern is known to be valid. */
const ATOM =
  /\\(?:u\{[^}]*\}|u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|[pP]\{[^}]*\}|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|[\s\S]/uy;
const COUNTS = /\{(\d+)(,?)(\d*)\}/y;

/** Reads a valid pattern. */
class Reader {
  readonly #source: string;
  readonly #flags: string;
  #at = 0;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#flags = flags;
  }

  read(): Node {
    const choices = [this.#sequence()];
    while (this.#take("|")) choices.push(this.#sequence());
    return choices.length === 1 ? choices[0]! : { kind: "choice", parts: choices };
  }

  #take(text: string): boolean {
    const found = this.#source.startsWith(text, this.#at);
    if (found) this.#at += text.length;
    return found;
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source[this.#at]!)) {
      parts.push(this.#repeated(this.#part()));
    }
    return { kind: "sequence", parts };
  }

  #repeated(part: Node): Node {
    const counts = this.#counts();
    if (counts === undefined) return part;
    this.#take("?"); // as few as possible: the same texts match
    return { kind: "repeat", part, ...counts };
  }

  #counts(): { least: number; most: number } | undefined {
    if (this.#take("*")) return { least: 0, most: Infinity };
    if (this.#take("+")) return { least: 1, most: Infinity };
    if (this.#take("?")) return { least: 0, most: 1 };
    COUNTS.lastIndex = this.#at;
    const found = COUNTS.exec(this.#source);
    if (found === null) return undefined;
    this.#at += found[0].length;
    const least = Number(found[1]);
    if (found[2] === "") return { least, most: least };
    return { least, most: found[3] === "" ? Infinity : Number(found[3]) };
  }

  #part(): Node {
    if (this.#take("^")) return { kind: "edge", which: "start" };
    if (this.#take("$")) return { kind: "edge", which: "end" };
    if (this.#take("\\b")) return { kind: "edge", which: "word" };
    if (this.#take("\\B")) return { kind: "edge", which: "inside" };
    if (this.#take("(?=")) return { kind: "ahead", wanted: true, part: this.#group() };
    if (this.#take("(?!")) return { kind: "ahead", wanted: false, part: this.#group() };
    if (this.#take("(?:")) return this.#group();
    if (this.#take("(")) {
      const name = /\?<[^=!>][^>]*>/y;
      name.lastIndex = this.#at;
      if (name.test(this.#source)) this.#at = name.lastIndex;
      if (this.#source[this.#at] === "?") throw unbounded("looking behind and flags of groups");
      return this.#group();
    }
    ATOM.lastIndex = this.#at;
    const [atom] = ATOM.exec(this.#source)!;
    if (/^\\[1-9k]/.test(atom)) throw unbounded("back references");
    this.#at += atom.length;
    return { kind: "character", is: new RegExp(`^${atom}$`, this.#flags) };
  }

  #group(): Node {
    const node = this.read();
    this.#take(")");
    return node;
  }
}

function unbounded(what: string): SyntaxError {
  return new SyntaxError(
    `Invalid regular expression: ${what} are not taken beside several quantifiers, they may take forever`,
  );
}

/** Writes the program of a pattern. */
class Writer {
  readonly steps: Step[] = [];

  constructor(node: Node) {
    this.#write(node);
    this.#add({ kind: "match" });
  }

  #add<T extends Step>(step: T): T {
    if (this.steps.length >= STEPS_MAX) {
      throw new SyntaxError(
        `Invalid regular expression: it takes more than ${STEPS_MAX} steps when its repeats are written out`,
      );
    }
    this.steps.push(step);
    return step;
  }

  #write(node: Node): void {
    switch (node.kind) {
      case "character":
        this.#add({ kind: "character", is: node.is, ascii: new Int8Array(128).fill(-1) });
        return;
      case "edge":
        this.#add({ kind: "edge", which: node.which });
        return;
      case "sequence":
        for (const part of node.parts) this.#write(part);
        return;
      case "choice":
        this.#writeChoice(node.parts);
        return;
      case "repeat":
        this.#writeRepeat(node);
        return;
      case "ahead": {
        const ahead = this.#add({ kind: "ahead", wanted: node.wanted, to: 0 });
        this.#write(node.part);
        this.#add({ kind: "match" });
        ahead.to = this.steps.length;
        return;
      }
      default:
        node satisfies never;
    }
  }

  #writeChoice(parts: readonly Node[]): void {
    const ends: { to: number }[] = [];
    for (const part of parts.slice(0, -1)) {
      const fork = this.#add({ kind: "fork", other: 0 });
      this.#write(part);
      ends.push(this.#add({ kind: "jump", to: 0 }));
      fork.other = this.steps.length;
    }
    this.#write(parts.at(-1)!);
    for (const end of ends) end.to = this.steps.length;
  }

  #writeRepeat(node: Node & { kind: "repeat" }): void {
    for (let i = 0; i < node.least; i++) this.#write(node.part);
    if (node.most === Infinity) {
      const from = this.steps.length;
      const fork = this.#add({ kind: "fork", other: 0 });
      this.#write(node.part);
      this.#add({ kind: "jump", to: from });
      fork.other = this.steps.length;
      return;
    }
    const forks: { other: number }[] = [];
    for (let i = node.least; i < node.most; i++) {
      forks.push(this.#add({ kind: "fork", other: 0 }));
      this.#write(node.part);
    }
    for (const fork of forks) fork.other = this.steps.length;
  }
}

const WORD = /\w/u;

/** One text against one program. */
class Run {
  readonly #steps: readonly Step[];
  readonly #text: readonly string[];
  /** What looking ahead came to, by step and place. */
  readonly #aheads = new Map<number, boolean>();

  constructor(steps: readonly Step[], text: string) {
    this.#steps = steps;
    this.#text = [...text];
  }

  matches(): boolean {
    return this.#from(0, 0, { toEnd: true });
  }

  /** Whether the program that begins at a step matches from a place on; `toEnd`: the whole rest. */
  #from(first: number, place: number, options: { toEnd: boolean }): boolean {
    const places = this.#text.length + 1;
    const tried = new Uint8Array((this.#steps.length - first) * places);
    const open = [first * places + place];
    while (open.length > 0) {
      const next = open.pop()!;
      if (tried[next - first * places]! !== 0) continue;
      tried[next - first * places] = 1;
      const at = Math.floor(next / places);
      const here = next % places;
      const step = this.#steps[at]!;
      if (step.kind === "match") {
        if (!options.toEnd || here === places - 1) return true;
      } else if (step.kind === "fork") open.push(step.other * places + here, next + places);
      else if (step.kind === "jump") open.push(step.to * places + here);
      else if (step.kind === "character") {
        if (here < places - 1 && isOne(step, this.#text[here]!)) open.push(next + places + 1);
      } else if (step.kind === "ahead") {
        if (this.#ahead(at, here) === step.wanted) open.push(step.to * places + here);
      } else if (this.#isEdge(step.which, here)) open.push(next + places);
    }
    return false;
  }

  #ahead(at: number, here: number): boolean {
    const key = at * (this.#text.length + 1) + here;
    let found = this.#aheads.get(key);
    if (found === undefined) {
      found = this.#from(at + 1, here, { toEnd: false });
      this.#aheads.set(key, found);
    }
    return found;
  }

  #isEdge(which: "start" | "end" | "word" | "inside", here: number): boolean {
    if (which === "start") return here === 0;
    if (which === "end") return here === this.#text.length;
    const isWord = (place: number) => WORD.test(this.#text[place] ?? " ");
    return (isWord(here - 1) !== isWord(here)) === (which === "word");
  }
}

function isOne(step: Step & { kind: "character" }, character: string): boolean {
  const code = character.charCodeAt(0);
  if (code >= 128) return step.is.test(character);
  if (step.ascii[code]! < 0) step.ascii[code] = step.is.test(character) ? 1 : 0;
  return step.ascii[code] === 1;
}
