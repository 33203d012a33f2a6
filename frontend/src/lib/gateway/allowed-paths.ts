/** Which of the gateway's routes the browser may reach through the studio. */

const METHODS_BY_ROUTE: Readonly<Record<string, readonly string[]>> = {
  generate: ["POST"],
  generations: ["GET", "HEAD", "DELETE"],
  models: ["GET", "HEAD"],
  health: ["GET", "HEAD"],
  livez: ["GET", "HEAD"],
  readyz: ["GET", "HEAD"],
  metrics: ["GET", "HEAD"],
};

// Counting a prompt's tokens is a POST, and the only one below a model that the studio
// may make: loading and unloading are an administrator's.
const TOKENS_PATH = /^models\/.+\/tokens$/;

// Everything that an id of ours is made of. No `%`: an encoded slash or dot could
// mean another route to whatever decodes it behind us.
const SEGMENT = /^[\w.~:-]+$/;

export type PathVerdict =
  | { kind: "allowed"; path: string }
  | { kind: "unknown" }
  | { kind: "wrong_method"; allow: readonly string[] };

/** @param pathname as it stands in the URL, still encoded: `/api/models/x`. */
export function judgePath(method: string, pathname: string): PathVerdict {
  const segments = pathname.split("/").slice(2);
  const isClean = segments.every(
    (segment) => SEGMENT.test(segment) && !/^\.+$/.test(segment),
  );
  const route = segments[0] ?? "";
  if (!isClean || !Object.hasOwn(METHODS_BY_ROUTE, route)) return { kind: "unknown" };
  const path = segments.join("/");
  const allow = TOKENS_PATH.test(path) ? ["POST"] : (METHODS_BY_ROUTE[route] ?? []);
  if (!allow.includes(method)) return { kind: "wrong_method", allow };
  return { kind: "allowed", path: `/${path}` };
}
