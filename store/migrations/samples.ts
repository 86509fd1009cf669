/**
 * The schema of samples.db, as numbered steps forward.
 *
 * @module
 */
import type { Migration } from "./migration.ts";

/** Every step, ascending. */
export const SAMPLES_MIGRATIONS: readonly Migration[] = [];
