/** `/api/key`: a person gives a key, asks which is used, has it forgotten. */

import type { AccessKey } from "@/lib/api/access-key";
import { keyCookie, personsKey, publicIdOf } from "./access-key";
import { askGateway, type Gateway, requestIdOf } from "./gateway";
import { responseHeaders } from "./hop-headers";
import {
  forbidden,
  foreignOrigin,
  gatewayUnreachable,
  invalidRequest,
  nobodyIsThere,
  unauthorized,
} from "./problem-response";
import { isForeign } from "./same-origin";

// A key has some seventy characters.
const LARGEST_BODY = 4096;
const CHECK_MS = 10_000;

/** Whose key is used. Says nothing of whether it still holds: any other call does. */
export function tellKey(request: Request, gateway: Gateway): Response {
  return answer(gateway, personsKey(request));
}

/** Keeps the key in the body for this browser, if the gateway takes it. */
export async function takeKey(request: Request, gateway: Gateway): Promise<Response> {
  const requestId = requestIdOf(request);
  if (isForeign(request)) return foreignOrigin(requestId);
  if (gateway.apiKey !== null) {
    return forbidden(requestId, "This studio has a key of its own, and uses no other.");
  }
  const key = keyIn(await readShort(request));
  if (key === null) {
    const detail = 'The body is to be {"key": "easel_…"}.';
    return invalidRequest(requestId, { param: "key", detail });
  }
  // The gateway counts wrong keys; one that cannot be right is not worth a try.
  if (publicIdOf(key) === null) {
    return unauthorized(requestId, "This API key is not valid.");
  }
  return (
    (await refusal(request, gateway, requestId, key)) ??
    answer(gateway, key, keyCookie(request, key))
  );
}

export function forgetKey(request: Request, gateway: Gateway): Response {
  if (isForeign(request)) return foreignOrigin(requestIdOf(request));
  return answer(gateway, null, keyCookie(request, null));
}

/** What is to be answered instead if the gateway does not take `key`. */
async function refusal(
  request: Request,
  gateway: Gateway,
  requestId: string,
  key: string,
): Promise<Response | null> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(CHECK_MS)]);
  try {
    const checked = await askGateway(gateway, request, requestId, {
      path: "/v1/usage",
      headers: { authorization: `Bearer ${key}` },
      signal,
    });
    const text = await checked.text();
    if (checked.ok) return null;
    const headers = responseHeaders(checked.headers);
    headers.delete("content-length");
    return new Response(text, { status: checked.status, headers });
  } catch {
    return request.signal.aborted ? nobodyIsThere() : gatewayUnreachable(requestId);
  }
}

function answer(gateway: Gateway, key: string | null, cookie?: string): Response {
  const document = gateway.apiKey !== null ? STUDIOS_OWN : personal(key);
  const response = Response.json(document, {
    headers: { "cache-control": "no-store" },
  });
  if (cookie !== undefined) response.headers.append("set-cookie", cookie);
  return response;
}

const STUDIOS_OWN: AccessKey = { source: "studio", public_id: null };

function personal(key: string | null): AccessKey {
  if (key === null) return { source: "none", public_id: null };
  return { source: "person", public_id: publicIdOf(key) };
}

/** The body as text; nothing if it is too long to be a key. */
async function readShort(request: Request): Promise<string> {
  // Node can iterate over it; lib.dom does not know.
  const body = request.body as AsyncIterable<Uint8Array> | null;
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LARGEST_BODY) return "";
  }
  return text;
}

function keyIn(text: string): string | null {
  try {
    const body: unknown = JSON.parse(text);
    const isKeyed = typeof body === "object" && body !== null && "key" in body;
    return isKeyed && typeof body.key === "string" ? body.key.trim() : null;
  } catch {
    return null;
  }
}
