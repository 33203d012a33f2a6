import { expect, test } from "vitest";
import { isForeign } from "@/lib/gateway/same-origin";

function call(
  headers: Record<string, string>,
  method = "POST",
  path = "/api/generate",
) {
  return new Request(`http://studio:3000${path}`, { method, headers });
}

const ELSEWHERE = { "sec-fetch-site": "cross-site" };

test.each([
  ["a program, which sends none of it", {}],
  ["our own page", { "sec-fetch-site": "same-origin" }],
  ["a person, at the address bar", { "sec-fetch-site": "none" }],
  [
    "our own page in a browser that says only its origin",
    {
      origin: "http://studio:3000",
      host: "studio:3000",
    },
  ],
  [
    "our own page behind a proxy that names the host it was asked for",
    {
      origin: "https://paint.example",
      host: "127.0.0.1:3000",
      "x-forwarded-host": "paint.example",
    },
  ],
  [
    "our own page behind a proxy that leaves out the port",
    {
      origin: "http://paint.example:8080",
      host: "paint.example",
    },
  ],
  [
    "our own page behind a proxy that says nothing, under https",
    {
      "sec-fetch-site": "same-origin",
      origin: "https://paint.example",
      host: "127.0.0.1:3000",
    },
  ],
] as const)("%s may ask", (_, headers) => {
  expect(isForeign(call(headers))).toBe(false);
});

test.each([
  ["another site's page", ELSEWHERE],
  ["a page on another port or subdomain", { "sec-fetch-site": "same-site" }],
  [
    "another site's page in an old browser",
    {
      origin: "https://elsewhere.example",
      host: "studio:3000",
    },
  ],
  [
    "a page on another port in an old browser",
    {
      origin: "http://studio:8080",
      host: "studio:3000",
    },
  ],
  ["a page that hides where it is from", { origin: "null", host: "studio:3000" }],
] as const)("%s may not ask", (_, headers) => {
  expect(isForeign(call(headers))).toBe(true);
});

test.each([
  ["DELETE", "/api/generations/gen_1", true],
  ["GET", "/api/follow?generation=gen_1", true],
  ["GET", "/api/generations/gen_1/events", true],
  ["GET", "/api/generations/gen_1/images/0", false],
  ["HEAD", "/api/health", false],
])("another site's page asks %s %s: refused is %s", (method, path, isRefused) => {
  expect(isForeign(call(ELSEWHERE, method, path))).toBe(isRefused);
});
