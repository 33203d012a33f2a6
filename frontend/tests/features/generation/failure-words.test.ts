import { expect, test } from "vitest";
import { failureDetail, failureWords } from "@/features/generation/failure-words";
import type { Failure, FailureKind } from "@/lib/api/failure";
import { en } from "@/lib/words/en";

function failure(kind: FailureKind, detail: string | null = null): Failure {
  return { kind, detail, requestId: null, param: null, retryAfterS: null };
}

test.each([
  ["server_unreachable", "Cannot connect to text-to-image server"],
  ["server_timeout", "Request to text-to-image server timed out"],
  ["server_unavailable", "Text-to-image server unavailable"],
  ["gateway_unreachable", "Cannot connect to gateway"],
] as const)("%s has the words of the setup guide", (kind, title) => {
  expect(failureWords(failure(kind), en).title).toBe(title);
});

test("a detail that repeats the title is left out, one that adds to it stays", () => {
  const title = "Cannot connect to text-to-image server";
  expect(failureDetail(failure("server_unreachable", title), en)).toBeNull();
  expect(failureDetail(failure("invalid_request", "seed: too large"), en)).toBe(
    "seed: too large",
  );
});
