import { expect, test } from "vitest";
import { requestHeaders, responseHeaders } from "@/lib/gateway/hop-headers";

test("what belongs to one connection stays behind, the rest passes", () => {
  const passed = requestHeaders(
    new Headers({
      accept: "text/event-stream",
      authorization: "Bearer k",
      connection: "close, x-private",
      cookie: "easel-key=easel_a_b",
      expect: "100-continue",
      host: "studio",
      "keep-alive": "timeout=5",
      te: "trailers",
      "transfer-encoding": "chunked",
      upgrade: "h2c",
      "x-private": "1",
    }),
    "r1",
    null,
  );
  expect(Object.fromEntries(passed)).toEqual({
    accept: "text/event-stream",
    authorization: "Bearer k",
    "accept-encoding": "identity",
    "x-request-id": "r1",
  });
});

test("the key takes the place of what a browser sends, such as a proxy's password", () => {
  const incoming = new Headers({ authorization: "Basic dTpw" });
  const passed = requestHeaders(incoming, "r1", "easel_key");
  expect(passed.get("authorization")).toBe("Bearer easel_key");
});

test("an answer keeps its own headers, each cookie included", () => {
  const passed = responseHeaders([
    ["content-type", "image/png"],
    ["etag", '"abc"'],
    ["connection", "keep-alive"],
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
  ]);
  expect(passed.get("etag")).toBe('"abc"');
  expect(passed.has("connection")).toBe(false);
  expect(passed.getSetCookie()).toEqual(["a=1", "b=2"]);
});

test("a decoded answer does not claim to be compressed", () => {
  const passed = responseHeaders([
    ["content-encoding", "gzip"],
    ["content-length", "20"],
  ]);
  expect([...passed]).toEqual([]);
});
