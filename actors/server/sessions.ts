/**
 * Sessions: which task a browser or a script with cookies comes back for.
 *
 * @module
 */

/** Sessions that are kept at most; each request without a cookie makes one. The longest idle goes first. */
const SESSIONS_MAX = 10_000;

interface Session {
  lastUsedMs: number;
  /** Task id by match key. */
  readonly tasks: Map<string, string>;
}

/** All sessions. */
export interface Sessions {
  /** The session of a cookie, refreshed; a new one when the cookie is unknown or absent. */
  enter(
    cookie: string | undefined,
    nowMs: number,
  ): { readonly id: string; readonly isNew: boolean };
  taskOf(sessionId: string, matchKey: string): string | undefined;
  remember(sessionId: string, matchKey: string, taskId: string): void;
  forget(sessionId: string, matchKey: string): void;
  /** Drops sessions that were idle too long. */
  sweep(nowMs: number): void;
  readonly size: number;
}

/** No sessions yet. `newId` makes their ids, `idleMs` is how long an unused one lives. */
export function createSessions(newId: () => string, options: { idleMs: number }): Sessions {
  // In order of last use: entering moves a session to the end.
  const sessions = new Map<string, Session>();
  function dropOldest() {
    for (const id of sessions.keys()) {
      if (sessions.size <= SESSIONS_MAX) return;
      sessions.delete(id);
    }
  }
  return {
    enter(cookie, nowMs) {
      const known = cookie === undefined ? undefined : sessions.get(cookie);
      const alive = known !== undefined && nowMs - known.lastUsedMs <= options.idleMs;
      const id = alive ? cookie! : newId();
      const session = alive ? known : { lastUsedMs: nowMs, tasks: new Map<string, string>() };
      session.lastUsedMs = nowMs;
      sessions.delete(id);
      sessions.set(id, session);
      dropOldest();
      return { id, isNew: !alive };
    },
    taskOf: (sessionId, matchKey) => sessions.get(sessionId)?.tasks.get(matchKey),
    remember: (sessionId, matchKey, taskId) =>
      void sessions.get(sessionId)?.tasks.set(matchKey, taskId),
    forget: (sessionId, matchKey) => void sessions.get(sessionId)?.tasks.delete(matchKey),
    sweep(nowMs) {
      for (const [id, session] of sessions) {
        if (nowMs - session.lastUsedMs <= options.idleMs) return;
        sessions.delete(id);
      }
    },
    get size() {
      return sessions.size;
    },
  };
}
