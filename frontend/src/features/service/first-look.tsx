"use client";

import { createContext, type ReactNode, useContext, useState } from "react";
import type { FirstAnswers } from "@/lib/api/first-answers";
import { NOTHING_SEEN, type Seen, seenAtFirst } from "./seen";

const FirstLookContext = createContext<Seen>(NOTHING_SEEN);

type Props = { answers: FirstAnswers | null; children: ReactNode };

/** Gives the page what the studio's server saw of the service when it made it. */
export function FirstLook({ answers, children }: Props) {
  const [seen] = useState(() => seenAtFirst(answers));
  return <FirstLookContext value={seen}>{children}</FirstLookContext>;
}

export function useFirstLook(): Seen {
  return useContext(FirstLookContext);
}
