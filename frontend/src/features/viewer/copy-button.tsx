"use client";

import { Button } from "@/components/button";
import { Icon } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { useCopying } from "./use-copying";

type Props = Parameters<typeof useCopying>[0];

/** Copies one value: an icon beside it. */
export function CopyButton(props: Props) {
  const { viewer: words } = useWords();
  const { isCopied, copy } = useCopying(props);
  return (
    <IconButton
      label={fill(words.copy, { label: props.label })}
      onClick={(event) => void copy(event.currentTarget)}
    >
      <CopyIcon isCopied={isCopied} />
    </IconButton>
  );
}

export function CopyAllButton({ text, onSay }: Pick<Props, "text" | "onSay">) {
  const { viewer: words } = useWords();
  const { isCopied, copy } = useCopying({ label: words.allCopied, text, onSay });
  return (
    <Button look="quiet" onClick={(event) => void copy(event.currentTarget)}>
      <CopyIcon isCopied={isCopied} />
      {words.copyAll}
    </Button>
  );
}

function CopyIcon({ isCopied }: { isCopied: boolean }) {
  return <Icon name={isCopied ? "check" : "copy"} />;
}
