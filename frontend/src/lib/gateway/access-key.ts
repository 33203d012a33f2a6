/**
 * Which API key the studio's server shows to the gateway.
 *
 * The studio's own one, or else the one that a person gave. That one lies in a cookie
 * that no script can read, no other site can use, and the gateway never sees.
 */

import type { Gateway } from "./gateway";

const COOKIE = "easel-key";
const KEPT_FOR_S = 180 * 24 * 60 * 60;

// Whether it holds is the gateway's to say; this is what may stand in a header.
const KEY = /^easel_([0-9A-Za-z]+)_\w{1,200}$/;

/** What names a key in the gateway's lists; null if `key` cannot be one. */
export function publicIdOf(key: string): string | null {
  return KEY.exec(key)?.[1] ?? null;
}

/** For the call of the gateway that `request` is to become. */
export function keyOf(request: Request, gateway: Gateway): string | null {
  return gateway.apiKey ?? personsKey(request);
}

/** What the person at this browser gave; null also if somebody tampered with it. */
export function personsKey(request: Request): string | null {
  const cookies = request.headers.get("cookie")?.split(";") ?? [];
  for (const cookie of cookies) {
    const [name, value = ""] = cookie.trim().split("=");
    if (name === COOKIE && publicIdOf(value)) return value;
  }
  return null;
}

/** A `Set-Cookie` that keeps `key`, or forgets the one that is kept. */
export function keyCookie(request: Request, key: string | null): string {
  const parts = [
    `${COOKIE}=${key ?? ""}`,
    "Path=/api",
    `Max-Age=${key === null ? 0 : KEPT_FOR_S}`,
    "HttpOnly",
    "SameSite=Strict",
  ];
  if (cameByHttps(request)) parts.push("Secure");
  return parts.join("; ");
}

function cameByHttps(request: Request): boolean {
  // Of several proxies the first one spoke to the browser.
  const outside = request.headers.get("x-forwarded-proto")?.split(",")[0]?.trim();
  return outside ? outside === "https" : request.url.startsWith("https:");
}
