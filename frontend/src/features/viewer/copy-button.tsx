"use client";

import { useEffect, useState } from "react";
import { Icon } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { copyText } from "./copy-text";

type Props = {
  /** What is copied, by its name. */
  label: string;
  text: string;
  /** Says how it went, to a live region. */
  onSay: (message: string) => void;
};

const SHOWN_MS = 2000;

export function CopyButton({ label, text, onSay }: Props) {
  const { viewer: words } = useWords();
  const [copied, setCopied] = useState<string | null>(null);
  const isCopied = copied === text;

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

  return (
    <IconButton
      label={fill(words.copy, { label })}
      onClick={(event) => void copy(event.currentTarget)}
    >
      <Icon name={isCopied ? "check" : "copy"} />
    </IconButton>
  );
}
