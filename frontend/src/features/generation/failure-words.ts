/** What went wrong and what to do about it, in plain words. Pure. */

import type { Failure } from "@/lib/api/failure";
import type { Words } from "@/lib/words/words";

export type FailureWords = { title: string; advice: string };

export function failureWords(failure: Failure, { generation }: Words): FailureWords {
  return generation.failure[failure.kind];
}

/** The tier's own words, where they add to the title. */
export function failureDetail(failure: Failure, words: Words): string | null {
  const { detail } = failure;
  return detail && !failureWords(failure, words).title.startsWith(detail)
    ? detail
    : null;
}
