/**
 * The page at `/`: what there is to call.
 *
 * @module
 */
import { VERSION } from "../../lib/version.ts";
import type { Surface } from "./surface.ts";

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function rows(surface: Surface): string {
  return surface.endpoints.map((endpoint) => {
    const path = escaped(`${surface.prefix}/${endpoint.name}`);
    const shown = endpoint.method === "GET" ? `<a href="${path}">${path}</a>` : path;
    return `<tr><td>${endpoint.method}</td><td>${shown}</td><td>${endpoint.role}</td><td>${
      escaped(endpoint.paramNames.join(" "))
    }</td></tr>`;
  }).join("\n");
}

/** The page as HTML; nothing in it comes from callers. */
export function indexPage(surfaces: readonly Surface[]): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Evenkeel</title>
<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:70rem}
td,th{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}
td:last-child{color:#666;font-size:13px}</style>
<h1>Evenkeel ${escaped(VERSION)}</h1>
<p><a href="/healthz">/healthz</a> says how every part is, <a href="/metrics">/metrics</a> is for Prometheus.
<code>evenkeel status</code> shows one screen in a terminal. Add <code>json=true</code> for JSON.</p>
${
    surfaces.map((surface) =>
      `<h2>${
        escaped(surface.prefix)
      }</h2><table><tr><th>Method</th><th>Path</th><th>Role</th><th>Parameters</th></tr>
${rows(surface)}</table>`
    ).join("\n")
  }
</html>
`;
}
