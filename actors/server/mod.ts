/** What `workers/` may use of the server. */
export { checkServer, createServer, type ServerActor, type ServerDeps } from "./actor.ts";
