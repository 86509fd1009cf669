/**
 * Kafka's error codes, from its protocol guide, as far as our requests can meet them.
 *
 * @module
 */
import type { Failure, FailureCode } from "../../lib/failure.ts";

/** The request timed out; whether it took effect is unknown. Also used for a broker that did not answer us in time. */
export const REQUEST_TIMED_OUT = 7;
/** Kafka clients' own code for a connection that failed. */
export const NETWORK_EXCEPTION = 13;
/** The broker is not there. */
const BROKER_NOT_AVAILABLE = 8;
const UNSUPPORTED_VERSION = 35;
/** Nothing more is known. */
export const UNKNOWN_SERVER_ERROR: number = -1;
/** The replica count differs and may not. */
export const INVALID_REPLICATION_FACTOR = 38;

interface KnownCode {
  readonly name: string;
  readonly retriable: boolean;
  readonly code: FailureCode;
}

const retriable = (name: string): KnownCode => ({ name, retriable: true, code: "kafka_error" });
const final = (name: string, code: FailureCode = "kafka_error"): KnownCode => ({
  name,
  retriable: false,
  code,
});

const CODES: ReadonlyMap<number, KnownCode> = new Map([
  [-1, final("UNKNOWN_SERVER_ERROR")],
  [3, retriable("UNKNOWN_TOPIC_OR_PARTITION")],
  [5, retriable("LEADER_NOT_AVAILABLE")],
  [6, retriable("NOT_LEADER_OR_FOLLOWER")],
  [7, { name: "REQUEST_TIMED_OUT", retriable: true, code: "deadline_exceeded" }],
  [8, retriable("BROKER_NOT_AVAILABLE")],
  [9, retriable("REPLICA_NOT_AVAILABLE")],
  [13, { name: "NETWORK_EXCEPTION", retriable: true, code: "cluster_unreachable" }],
  [14, retriable("COORDINATOR_LOAD_IN_PROGRESS")],
  [15, retriable("COORDINATOR_NOT_AVAILABLE")],
  [16, retriable("NOT_COORDINATOR")],
  [17, final("INVALID_TOPIC_EXCEPTION")],
  [19, retriable("NOT_ENOUGH_REPLICAS")],
  [29, final("TOPIC_AUTHORIZATION_FAILED", "authorization_failed")],
  [30, final("GROUP_AUTHORIZATION_FAILED", "authorization_failed")],
  [31, final("CLUSTER_AUTHORIZATION_FAILED", "authorization_failed")],
  [33, final("UNSUPPORTED_SASL_MECHANISM", "authentication_failed")],
  [34, final("ILLEGAL_SASL_STATE", "authentication_failed")],
  [35, final("UNSUPPORTED_VERSION", "unsupported_version")],
  [37, final("INVALID_PARTITIONS")],
  [38, final("INVALID_REPLICATION_FACTOR")],
  [39, final("INVALID_REPLICA_ASSIGNMENT")],
  [40, final("INVALID_CONFIG")],
  [41, retriable("NOT_CONTROLLER")],
  [42, final("INVALID_REQUEST", "invalid_argument")],
  [44, final("POLICY_VIOLATION")],
  [56, retriable("KAFKA_STORAGE_ERROR")],
  [57, final("LOG_DIR_NOT_FOUND")],
  [58, final("SASL_AUTHENTICATION_FAILED", "authentication_failed")],
  [60, retriable("REASSIGNMENT_IN_PROGRESS")],
  [69, final("GROUP_ID_NOT_FOUND", "not_found")],
  [72, retriable("LISTENER_NOT_FOUND")],
  [74, retriable("FENCED_LEADER_EPOCH")],
  [75, retriable("UNKNOWN_LEADER_EPOCH")],
  [80, retriable("PREFERRED_LEADER_NOT_AVAILABLE")],
  [83, retriable("ELIGIBLE_LEADERS_NOT_AVAILABLE")],
  [84, final("ELECTION_NOT_NEEDED")],
  [85, final("NO_REASSIGNMENT_IN_PROGRESS")],
  [87, final("INVALID_RECORD")],
  [88, retriable("UNSTABLE_OFFSET_COMMIT")],
  [89, retriable("THROTTLING_QUOTA_EXCEEDED")],
  [91, final("RESOURCE_NOT_FOUND", "not_found")],
  [92, final("DUPLICATE_RESOURCE", "invalid_argument")],
  [100, retriable("UNKNOWN_TOPIC_ID")],
  [102, final("BROKER_ID_NOT_REGISTERED", "not_found")],
  [114, final("MISMATCHED_ENDPOINT_TYPE")],
]);

/** Longest part of a broker's message that is passed on. */
const MESSAGE_LENGTH_MAX = 300;

/** Kafka's name of a code: "NOT_CONTROLLER", or "code 999" for one that we do not know. */
export function errorName(errorCode: number): string {
  return CODES.get(errorCode)?.name ?? `code ${errorCode}`;
}

/** Whether the code says that a permission is missing. */
export function isAuthorizationError(errorCode: number): boolean {
  return CODES.get(errorCode)?.code === "authorization_failed";
}

/**
 * A broker's message as people may see it. Where a permission is missing, brokers answer with a dump of the whole
 * request; that is replaced by what to do.
 */
export function shownMessage(errorCode: number, message: string | undefined): string | undefined {
  if (isAuthorizationError(errorCode)) return `${errorName(errorCode)}: grant the permission`;
  if (message === undefined || message.length <= MESSAGE_LENGTH_MAX) return message;
  return `${message.slice(0, MESSAGE_LENGTH_MAX)}...`;
}

/** The failure for a code other than 0. `action` is what was tried: "Cannot list reassignments". */
export function kafkaFailure(
  errorCode: number,
  action: string,
  options: { message?: string | undefined; permission?: string } = {},
): Failure {
  const known = CODES.get(errorCode);
  const base = {
    code: known?.code ?? "kafka_error",
    retriable: known?.retriable ?? false,
    kafkaErrorCode: errorCode,
  };
  if (isAuthorizationError(errorCode)) {
    const permission = options.permission ?? "the permission";
    return {
      ...base,
      message: `${action}: grant ${permission} to our user (${errorName(errorCode)})`,
    };
  }
  const said = shownMessage(errorCode, options.message);
  const detail = said === undefined ? "" : `: ${said}`;
  return { ...base, message: `${action}: Kafka answered ${errorName(errorCode)}${detail}` };
}

/** The code that stands for a failure where only a code can be told, as for one resource among several. */
export function codeOfFailure(failure: Failure): number {
  if (failure.kafkaErrorCode !== undefined) return failure.kafkaErrorCode;
  switch (failure.code) {
    case "deadline_exceeded":
      return REQUEST_TIMED_OUT;
    case "cluster_unreachable":
      return NETWORK_EXCEPTION;
    case "not_found":
      return BROKER_NOT_AVAILABLE;
    case "unsupported_version":
      return UNSUPPORTED_VERSION;
    default:
      return UNKNOWN_SERVER_ERROR;
  }
}
