"use client";

import type { ModelDocument } from "@/lib/api/generated";
import { useSeen } from "./use-seen";

/**
 * What the models can do, or null until it is known.
 *
 * Asked anew each time the server becomes ready, since it may have come back with
 * another model; what was known stays while it is away.
 */
export function useModels(): ModelDocument[] | null {
  return useSeen(({ models }) => models);
}
