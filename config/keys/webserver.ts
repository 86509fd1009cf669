/** Keys of the web server. Names, units and defaults are Cruise Control's where it has the key. */
import { key, optionalKey } from "../key.ts";

const READER = "actors/server/settings.ts";

function cachedTasks(type: string) {
  return optionalKey("int", {
    unit: "count",
    min: 0,
    doc:
      `Finished ${type} tasks that are kept; max.cached.completed.user.tasks when absent, oldest go first.`,
    reader: READER,
  });
}

function taskRetention(type: string) {
  return optionalKey("int", {
    unit: "ms",
    min: 0,
    doc:
      `How long a finished ${type} task is kept, from its start; completed.user.task.retention.time.ms when absent.`,
    reader: READER,
  });
}

/** Listening, security, CORS, sessions and user tasks. */
export const WEBSERVER_KEYS = {
  "webserver.http.port": key("int", "9090", {
    unit: "",
    min: 0,
    max: 65535,
    doc: "Port of the HTTP server; 0 takes a free one and says which in the log.",
    reader: READER,
  }),
  "webserver.http.address": key("string", "127.0.0.1", {
    unit: "",
    doc:
      "Address to listen on. Anything but a loopback address needs webserver.security.enable = true.",
    reader: READER,
  }),
  "webserver.http.header.size": key("int", "8192", {
    unit: "bytes",
    min: 8192,
    doc: "Longest request line and longest sum of headers that is accepted.",
    reader: READER,
  }),
  "webserver.http.cors.enabled": key("boolean", "false", {
    unit: "",
    doc: "Whether pages of another origin may call the API.",
    reader: READER,
  }),
  "webserver.http.cors.origin": key("string", "*", {
    unit: "",
    doc: "Value of Access-Control-Allow-Origin; * answers with the caller's own origin.",
    reader: READER,
  }),
  "webserver.http.cors.allowmethods": key("string", "OPTIONS, GET, POST", {
    unit: "",
    doc: "Value of Access-Control-Allow-Methods.",
    reader: READER,
  }),
  "webserver.http.cors.exposeheaders": key("string", "User-Task-ID", {
    unit: "",
    doc:
      "Value of Access-Control-Expose-Headers; also allowed as request headers, with those that browsers' user interfaces send.",
    reader: READER,
  }),
  "webserver.api.urlprefix": key("string", "/kafkacruisecontrol/*", {
    unit: "",
    doc: "Path under which the Cruise Control API is served.",
    reader: READER,
  }),
  "webserver.request.maxBlockTimeMs": key("int", "10000", {
    unit: "ms",
    min: 0,
    doc: "How long a request waits for its result before it is answered with 202 and the progress.",
    reader: READER,
  }),
  "webserver.session.maxExpiryTimeMs": key("int", "60000", {
    unit: "ms",
    min: 0,
    doc: "Idle time after which a session forgets the tasks it started.",
    reader: READER,
  }),
  "webserver.session.path": key("string", "/", {
    unit: "",
    doc: "Path of the session cookie.",
    reader: READER,
  }),
  "webserver.accesslog.enabled": key("boolean", "true", {
    unit: "",
    doc: "Whether each request is logged.",
    reader: READER,
  }),
  "webserver.security.enable": key("boolean", "false", {
    unit: "",
    doc: "Whether callers must authenticate.",
    reader: READER,
  }),
  "webserver.security.provider": key(
    "string",
    "com.linkedin.kafka.cruisecontrol.servlet.security.BasicSecurityProvider",
    {
      unit: "",
      oneOf: ["com.linkedin.kafka.cruisecontrol.servlet.security.BasicSecurityProvider"],
      doc: "How callers authenticate; HTTP Basic is the only way for now.",
      reader: READER,
    },
  ),
  "webserver.auth.credentials.file": key(
    "string",
    "/etc/cruisecontrol-basic-auth.credentials",
    {
      unit: "",
      doc: "Users, passwords and roles, a line each: `user: password,ROLE`. Read at start.",
      reader: READER,
    },
  ),
  "webserver.ssl.enable": key("boolean", "false", {
    unit: "",
    doc: "TLS is not served, put a TLS proxy in front: true stops the start.",
    reader: READER,
  }),
  "two.step.verification.enabled": key("boolean", "false", {
    unit: "",
    doc: "Two-step verification is not supported: true stops the start.",
    reader: READER,
  }),
  "request.reason.required": key("boolean", "false", {
    unit: "",
    doc: "Whether a request that changes the cluster must give a reason.",
    reader: READER,
  }),
  "max.active.user.tasks": key("int", "5", {
    unit: "count",
    min: 1,
    doc: "Requests that may be computed at the same time; stopping an execution is always let in.",
    reader: READER,
  }),
  "max.cached.completed.user.tasks": key("int", "25", {
    unit: "count",
    min: 0,
    doc: "Finished tasks of a type that are kept, oldest go first.",
    reader: READER,
  }),
  "max.cached.completed.kafka.monitor.user.tasks": cachedTasks("cluster monitoring"),
  "max.cached.completed.cruise.control.monitor.user.tasks": cachedTasks("balancer monitoring"),
  "max.cached.completed.kafka.admin.user.tasks": cachedTasks("cluster changing"),
  "max.cached.completed.cruise.control.admin.user.tasks": cachedTasks("balancer changing"),
  "completed.user.task.retention.time.ms": key("int", "86400000", {
    unit: "ms",
    min: 0,
    doc: "How long a finished task is kept, from its start.",
    reader: READER,
  }),
  "completed.kafka.monitor.user.task.retention.time.ms": taskRetention("cluster monitoring"),
  "completed.cruise.control.monitor.user.task.retention.time.ms": taskRetention(
    "balancer monitoring",
  ),
  "completed.kafka.admin.user.task.retention.time.ms": taskRetention("cluster changing"),
  "completed.cruise.control.admin.user.task.retention.time.ms": taskRetention("balancer changing"),
  "evenkeel.server.plan.timeout.ms": key("int", "3600000", {
    unit: "ms",
    min: 1000,
    doc: "How long a request waits for the analyzer's plan before it fails.",
    reader: READER,
  }),
  "evenkeel.server.stop.timeout.ms": key("int", "600000", {
    unit: "ms",
    min: 1000,
    doc: "How long stop_ongoing_execution waits for the running execution to end before it fails.",
    reader: READER,
  }),
  "evenkeel.server.ask.timeout.ms": key("int", "5000", {
    unit: "ms",
    min: 100,
    doc: "How long the server waits for an actor's state before it reports the actor as silent.",
    reader: READER,
  }),
} as const;
