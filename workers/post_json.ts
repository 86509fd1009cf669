/**
 * Posting JSON to a webhook.
 *
 * @module
 */
import type { PostJson } from "../actors/detector/mod.ts";
import { fail, FailureError, failureFrom, ok } from "../lib/failure.ts";

/** Posts to one address; undefined without one. Throws a {@link FailureError} when it is no address. */
export function postJsonTo(url: string | undefined): PostJson | undefined {
  if (url === undefined || url === "") return undefined;
  const protocol = URL.canParse(url) ? new URL(url).protocol : "";
  if (protocol !== "http:" && protocol !== "https:") {
    throw new FailureError(
      fail(
        "invalid_argument",
        "Cannot use evenkeel.notifier.webhook.url: must be an http:// or https:// address",
      ).failure,
    );
  }
  return async (body, signal) => {
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Accept": "application/json" },
        body,
        redirect: "manual",
        signal,
      });
      await answer.body?.cancel();
      return ok(answer.status);
    } catch (error) {
      const action = "Cannot reach evenkeel.notifier.webhook.url";
      const failure = failureFrom(error, action, { code: "cluster_unreachable", retriable: true });
      // The address may hold a secret, and errors of `fetch` name it.
      const message = failure.message.replaceAll(new URL(url).href, "(hidden)");
      return { ok: false, failure: { ...failure, message } };
    }
  };
}
