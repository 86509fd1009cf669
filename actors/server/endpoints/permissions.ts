/** `permissions`: what the caller may do. */
import { defineEndpoint } from "../endpoint.ts";
import { text } from "../params.ts";

/** GET permissions. Refused where callers need not authenticate: nobody has roles there. */
export const permissions = defineEndpoint({
  name: "permissions",
  method: "GET",
  isAsync: false,
  role: "VIEWER",
  taskType: "cruise_control_monitor",
  operation: "PERMISSIONS request",
  params: { reason: text() },
  check: (_, settings) =>
    settings.credentialsFile === undefined
      ? "nobody has roles while webserver.security.enable is false"
      : undefined,
  run({ roles }) {
    return Promise.resolve({
      ok: true,
      value: { json: { roles }, text: () => roles.join(", ") },
    });
  },
});
