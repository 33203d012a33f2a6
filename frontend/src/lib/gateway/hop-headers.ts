/** What a proxy may pass on (RFC 9110, section 7.6.1). */

// They speak of one connection, not of the message. `expect` belongs to them in
// practice: fetch refuses to send it.
const HOP_BY_HOP = [
  "connection",
  "expect",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

function withoutHopByHop(headers: Iterable<[string, string]>): Headers {
  const kept = new Headers([...headers]);
  const named = kept.get("connection")?.split(",") ?? [];
  for (const name of [...HOP_BY_HOP, ...named.map((token) => token.trim())]) {
    if (name) kept.delete(name);
  }
  return kept;
}

/** @param apiKey takes the place of whatever a browser sends. */
export function requestHeaders(
  incoming: Headers,
  requestId: string,
  apiKey: string | null,
): Headers {
  const headers = withoutHopByHop(incoming);
  // A matter between the browser and the studio; a person's key is among them.
  headers.delete("cookie");
  // fetch would decode a compressed answer; the bytes are to stay as they came.
  headers.set("accept-encoding", "identity");
  headers.set("x-request-id", requestId);
  if (apiKey) headers.set("authorization", `Bearer ${apiKey}`);
  return headers;
}

export function responseHeaders(upstream: Iterable<[string, string]>): Headers {
  const headers = withoutHopByHop(upstream);
  // Compressed against our wish, and decoded by fetch: these two no longer hold.
  if (headers.has("content-encoding")) {
    headers.delete("content-encoding");
    headers.delete("content-length");
  }
  return headers;
}
