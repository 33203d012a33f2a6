/** Why a key was not taken, in words. Pure. */

import type { FailureKind } from "@/lib/api/failure";
import type { Words } from "@/lib/words/words";

type ErrorWords = Words["access"]["errors"];

export function keyErrorWords(kind: FailureKind, words: ErrorWords): string {
  switch (kind) {
    case "key_needed":
    case "invalid_request":
      return words.refused;
    case "busy":
      return words.tooMany;
    case "gateway_unreachable":
      return words.gatewayAway;
    case "studio_unreachable":
      return words.studioAway;
    case "offline":
      return words.offline;
    default:
      return words.unexpected;
  }
}
