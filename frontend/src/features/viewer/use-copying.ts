"use client";

import { useEffect, useState } from "react";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { copyText } from "./copy-text";

type Copying = {
  /** What is copied, by its name. */
  label: string;
  text: string;
  /** Says how it went, to a live region. */
  onSay: (message: string) => void;
};

const SHOWN_MS = 2000;

/** Copies a text, and tells for a moment that it is done. */
export function useCopying({ label, text, onSay }: Copying) {
  const { viewer: words } = useWords();
  const [copied, setCopied] = useState<string | null>(null);

  useEffect(() => {
    if (copied === null) return;
    const timer = setTimeout(() => setCopied(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);

  async function copy(button: Element) {
    const isDone = await copyText(text, button);
    if (isDone) setCopied(text);
    onSay(isDone ? fill(words.copied, { label }) : words.copyFailed);
  }

  return { isCopied: copied === text, copy };
}
