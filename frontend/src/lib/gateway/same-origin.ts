/**
 * Keeps other sites' pages from using the studio through a person's browser.
 *
 * The studio's server adds a key to what it forwards, so where a call comes from counts
 * here. Programs send none of these headers, and are let in.
 */

const CHANGES_NOTHING = ["GET", "HEAD", "OPTIONS"];

/** Whether a page of another origin asks for something that costs or changes anything. */
export function isForeign(request: Request): boolean {
  const isHarmless = CHANGES_NOTHING.includes(request.method) && !opensStream(request);
  return !isHarmless && comesFromElsewhere(request.headers);
}

/** An open stream occupies a connection and hears what is being painted. */
function opensStream(request: Request): boolean {
  const { pathname } = new URL(request.url);
  return (
    pathname === "/api/follow" ||
    pathname.endsWith("/events") ||
    (request.headers.get("accept") ?? "").includes("text/event-stream")
  );
}

function comesFromElsewhere(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  // The browser has compared already, and no proxy has changed what it compared. A
  // page of the same site on another host or port is not ours either.
  if (site !== null) return site !== "same-origin" && site !== "none";
  // Old browsers, and all of them where the studio is reached without https.
  const origin = headers.get("origin");
  return origin !== null && !hostsOf(headers).some((host) => isAt(origin, host));
}

/** All names that the browser may have used: proxies in front replace `Host`. */
function hostsOf(headers: Headers): string[] {
  const names = `${headers.get("host") ?? ""},${headers.get("x-forwarded-host") ?? ""}`;
  return names
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
}

function isAt(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { host: named, hostname } = new URL(origin);
  // Many proxies pass the host on without its port.
  return named === host || hostname === host;
}
