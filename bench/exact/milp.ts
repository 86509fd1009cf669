/**
 * Mixed-integer programs over binary variables, solved by HiGHS (Huangfu and Hall, 2018) compiled to WebAssembly.
 *
 * @module
 */
import loadHighs from "highs";

/** A linear sum: coefficient by variable. */
export type Terms = ReadonlyMap<number, number>;

/** `low <= terms <= high`. */
export interface Row {
  readonly terms: Terms;
  readonly low: number;
  readonly high: number;
}

/** A program: minimise `cost`. */
export interface Program {
  readonly variables: number;
  readonly rows: readonly Row[];
  readonly cost: Terms;
}

/** What the solver came to. */
export type Solution =
  | { readonly status: "optimal"; readonly values: Uint8Array; readonly objective: number }
  | { readonly status: "infeasible" }
  /** Out of time: neither proven. */
  | { readonly status: "unproven" };

/** HiGHS takes a row for kept within this; limits of rows are scaled to about 1, so it is relative. */
const FEASIBILITY = 1e-9;

/** The package is CommonJS, and its types say the function itself is the module. */
const highs = await (loadHighs as unknown as typeof import("highs").default)();

/** Solves a program within `seconds` of the solver's clock, to a relative gap of `gap`. */
export function solve(program: Program, options: { seconds: number; gap: number }): Solution {
  let solved: ReturnType<typeof highs.solve>;
  try {
    solved = highs.solve(lpText(program), {
      time_limit: options.seconds,
      mip_rel_gap: options.gap,
      mip_feasibility_tolerance: 1e-7,
      primal_feasibility_tolerance: FEASIBILITY,
      output_flag: false,
    });
  } catch {
    // The WebAssembly build runs out of its stack on some programs.
    return { status: "unproven" };
  }
  if (solved.Status === "Infeasible") return { status: "infeasible" };
  if (solved.Status !== "Optimal") return { status: "unproven" };
  const values = new Uint8Array(program.variables);
  for (let v = 0; v < program.variables; v++) {
    const column = solved.Columns[`x${v}`];
    values[v] = column !== undefined && "Primal" in column && column.Primal! > 0.5 ? 1 : 0;
  }
  return { status: "optimal", values, objective: solved.ObjectiveValue };
}

/** The program in CPLEX's LP format. */
function lpText({ variables, rows, cost }: Program): string {
  const lines = ["Minimize", ` obj: ${sumText(cost) || "0 x0"}`, "Subject To"];
  for (const [r, row] of rows.entries()) {
    const terms = scaled(row);
    const sum = sumText(terms.terms);
    if (sum === "") continue;
    if (terms.low === terms.high) lines.push(` e${r}: ${sum} = ${terms.low}`);
    else {
      if (Number.isFinite(terms.low)) lines.push(` l${r}: ${sum} >= ${terms.low}`);
      if (Number.isFinite(terms.high)) lines.push(` h${r}: ${sum} <= ${terms.high}`);
    }
  }
  lines.push("Binary");
  for (let v = 0; v < variables; v++) lines.push(` x${v}`);
  lines.push("End", "");
  return lines.join("\n");
}

/** The row divided by its greatest coefficient. */
function scaled({ terms, low, high }: Row): Row {
  let most = 0;
  for (const value of terms.values()) most = Math.max(most, Math.abs(value));
  if (most === 0 || most === 1) return { terms, low, high };
  return {
    terms: new Map([...terms].map(([v, value]) => [v, value / most])),
    low: low / most,
    high: high / most,
  };
}

function sumText(terms: Terms): string {
  const parts: string[] = [];
  for (const [v, value] of terms) {
    if (value !== 0) parts.push(`${value < 0 ? "-" : "+"} ${Math.abs(value)} x${v}`);
  }
  // The reader has a limit on the length of a line.
  return parts.map((part, i) => i > 0 && i % 8 === 0 ? `\n  ${part}` : part).join(" ");
}
