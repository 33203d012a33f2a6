import { describe, expect, test } from "vitest";
import { judgePath } from "@/lib/gateway/allowed-paths";

describe("judgePath", () => {
  test.each([
    ["POST", "/api/generate", "/generate"],
    [
      "GET",
      "/api/generations/gen_gpu0_01K/images/0",
      "/generations/gen_gpu0_01K/images/0",
    ],
    ["DELETE", "/api/generations/gen_gpu0_01K", "/generations/gen_gpu0_01K"],
    ["GET", "/api/models/org/name-1.5", "/models/org/name-1.5"],
    ["POST", "/api/models/org/name-1.5/tokens", "/models/org/name-1.5/tokens"],
    ["GET", "/api/health", "/health"],
  ])("%s %s goes to %s", (method, pathname, path) => {
    expect(judgePath(method, pathname)).toEqual({ kind: "allowed", path });
  });

  test.each([
    "/api",
    "/api/",
    "/api/admin",
    "/api/constructor",
    "/api/generations/..",
    "/api/generations/../admin",
    "/api/generations/...",
    "/api/generations/%2e%2e/admin",
    "/api/generations/..%2fadmin",
    "/api/generations/a%00b",
    "/api//health",
    "/api/health/",
    "/api/models/a\\b",
  ])("%s is not forwarded", (pathname) => {
    expect(judgePath("GET", pathname)).toEqual({ kind: "unknown" });
  });

  test.each([
    "/api/models",
    "/api/models/tokens",
    "/api/models/tiny/load",
    "/api/models/tiny/unload",
    "/api/models/tiny/tokens/load",
    "/api/generations/tiny/tokens",
  ])("nothing is posted to %s", (pathname) => {
    expect(judgePath("POST", pathname)).toMatchObject({ kind: "wrong_method" });
  });

  test("a wrong method learns the right ones", () => {
    expect(judgePath("GET", "/api/generate")).toEqual({
      kind: "wrong_method",
      allow: ["POST"],
    });
  });
});
