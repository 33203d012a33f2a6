import type { GenerationRequest } from "@/lib/api/generated";

/** What is needed to find a running generation again after a reload. */
export type LiveRecord = {
  /** The `Idempotency-Key` under which it was, or will be, asked for. */
  key: string;
  request: GenerationRequest;
  /** Null until a server has taken it. */
  id: string | null;
  /** Milliseconds since the epoch. */
  submittedAt: number;
};
