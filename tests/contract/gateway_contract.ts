/**
 * What every implementation of the port to the cluster does, as one suite of tests.
 *
 * ```ts
 * gatewayContract("simulated cluster", () => fixture, { register: Deno.test });
 * ```
 *
 * @module
 */
import { gatewayReadCases } from "./gateway_read_cases.ts";
import { gatewayChangeCases } from "./gateway_change_cases.ts";
import { gatewayFaultCases } from "./gateway_fault_cases.ts";
import type { GatewayFaults, GatewayFixture } from "./gateway_fixture.ts";

/** One case. Cases leave the cluster as they found it, those of the last group excepted. */
export interface GatewayCase {
  /** "observe() lists ..." */
  readonly name: string;
  /** Faults that it needs; it is skipped where they are missing. */
  readonly needs?: readonly (keyof GatewayFaults)[];
  run(fixture: GatewayFixture): Promise<void>;
}

/** All cases in the order in which they must run. The last one closes the gateway. */
export const GATEWAY_CASES: readonly GatewayCase[] = [
  ...gatewayReadCases,
  ...gatewayChangeCases,
  ...gatewayFaultCases,
];

/** How cases are registered. */
export interface GatewayContractOptions {
  /** `Deno.test`, or what reports missing tools. */
  register(name: string, body: () => Promise<void>): void;
  /** Faults that the fixture offers, known before it is made. */
  readonly faults: readonly (keyof GatewayFaults)[];
  /** Registers a case that cannot run, with the reason in its name. */
  skip(name: string): void;
}

/** Registers the suite. `fixture` is called by each case and gives the same cluster each time. */
export function gatewayContract(
  implementation: string,
  fixture: () => Promise<GatewayFixture>,
  options: GatewayContractOptions,
): void {
  for (const single of GATEWAY_CASES) {
    const missing = (single.needs ?? []).filter((fault) => !options.faults.includes(fault));
    const name = `${implementation}: ${single.name}`;
    if (missing.length > 0) options.skip(`${name} (skipped: no ${missing.join(", ")})`);
    else options.register(name, async () => await single.run(await fixture()));
  }
}
