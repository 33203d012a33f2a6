import { describe, expect, test } from "vitest";
import {
  failureFromProblem,
  failureFromResponse,
  failureOfBrokenStream,
  failureWithoutAnswer,
} from "@/lib/api/failure";
import type { Problem } from "@/lib/api/generated";
import { gatewayUnreachable } from "@/lib/gateway/problem-response";

function problem(part: Partial<Problem>): Problem {
  return {
    type: "about:blank",
    title: "",
    status: 503,
    detail: "",
    code: "internal_error",
    request_id: "r",
    ...part,
  };
}

describe("a problem document becomes a kind of failure", () => {
  test.each([
    ["upstream_unreachable", 502, "server_unreachable"],
    ["upstream_timeout", 504, "server_timeout"],
    ["upstream_unavailable", 503, "server_unavailable"],
    ["queue_full", 503, "busy"],
    ["model_loading", 503, "model_loading"],
    ["server_stopping", 503, "server_unavailable"],
    ["out_of_memory", 503, "out_of_memory"],
    ["invalid_request", 422, "invalid_request"],
    ["internal_error", 500, "unexpected"],
    ["engine_failed", 500, "unexpected"],
  ] as const)("%s (%d) is %s", (code, status, kind) => {
    expect(failureFromProblem(problem({ code, status })).kind).toBe(kind);
  });

  test("a server that names a time to come back is busy, not down", () => {
    const failure = failureFromProblem(
      problem({ code: "upstream_unavailable", retry_after_s: 4 }),
    );
    expect(failure).toMatchObject({ kind: "busy", retryAfterS: 4 });
  });

  test("param and request id are kept", () => {
    const failure = failureFromProblem(problem({ param: "width", request_id: "abc" }));
    expect(failure).toMatchObject({ param: "width", requestId: "abc" });
  });
});

test("the studio's own 502 names the gateway", async () => {
  const failure = await failureFromResponse(gatewayUnreachable("r"));
  expect(failure).toMatchObject({ kind: "gateway_unreachable", requestId: "r" });
});

describe("an answer that is no problem document", () => {
  test("is told by its status", async () => {
    const answer = new Response("<html>Bad Gateway</html>", { status: 502 });
    expect((await failureFromResponse(answer)).kind).toBe("server_unreachable");
  });

  test("keeps the headers' request id and time to come back", async () => {
    const headers = { "x-request-id": "abc", "retry-after": "7" };
    const failure = await failureFromResponse(
      new Response("", { status: 429, headers }),
    );
    expect(failure).toMatchObject({ kind: "busy", requestId: "abc", retryAfterS: 7 });
  });

  test("a non-JSON 500 says so in words", async () => {
    const failure = await failureFromResponse(new Response("oops", { status: 500 }));
    expect(failure.kind).toBe("unexpected");
    expect(failure.detail).toContain("status 500");
  });
});

test("without an answer the browser decides between offline and our own server", () => {
  expect(failureWithoutAnswer(true).kind).toBe("studio_unreachable");
  expect(failureWithoutAnswer(false).kind).toBe("offline");
  expect(failureOfBrokenStream(true).kind).toBe("interrupted");
});
