/** Writes the pages under docs/ that follow from the code. Run it after changing a configuration key or an endpoint. */
import { configurationPage } from "./configuration_page.ts";
import { migrationPage } from "./migration_page.ts";
import { TOP } from "./run.ts";

Deno.writeTextFileSync(`${TOP}docs/configuration.md`, configurationPage());
Deno.writeTextFileSync(`${TOP}docs/migrating.md`, migrationPage());
