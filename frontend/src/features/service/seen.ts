/** All that a page knows of the service. Pure. */

import type { FirstAnswers } from "@/lib/api/first-answers";
import type { ModelDocument } from "@/lib/api/generated";
import { serviceFromHealth } from "./service";
import { EMPTY_LOG, type ServiceLog } from "./service-log";

export type Seen = ServiceLog & {
  /** What the models can do; null until it is known, and kept while they are away. */
  models: ModelDocument[] | null;
  /** The gateway tells what it can do to people with a key only. */
  needsKey: boolean;
};

export const NOTHING_SEEN: Seen = { ...EMPTY_LOG, models: null, needsKey: false };

/**
 * What a page knows that came with `answers`; null if there were none in time.
 *
 * A service that is ready, but not what it can do, is no more than nothing.
 */
export function seenAtFirst(answers: FirstAnswers | null): Seen {
  if (!answers) return NOTHING_SEEN;
  const service = serviceFromHealth(answers.health);
  if (service.status === "ready" && !answers.models) return NOTHING_SEEN;
  return { ...NOTHING_SEEN, service, models: answers.models };
}

/** The newer of the two: a page that has looked by itself never again connects. */
export function newest(own: Seen, atFirst: Seen): Seen {
  return own.service.status === "connecting" ? atFirst : own;
}
