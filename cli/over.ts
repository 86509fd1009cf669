/**
 * Which windows of load a plan is for, as all commands say it.
 *
 * @module
 */
import { Option } from "commander";

const USUAL = "mean";

/** The option; `whose`: "the snapshot's windows". */
export function overOption(whose: string): Option {
  return new Option("--over <choice>", `which of ${whose} count; each: limits hold in all`)
    .choices([USUAL, "max", "p95", "each"]).default(USUAL);
}

/** The choice as a parameter: none where nothing but what is usual is asked for. */
export function overQuery(over: string | undefined): { readonly over: string | undefined } {
  return { over: over === USUAL ? undefined : over };
}
