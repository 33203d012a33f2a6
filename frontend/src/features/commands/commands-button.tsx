import { Icon } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import { useWords } from "@/lib/words/use-words";

/** The palette for those who do not know its key, or have no keyboard. */
export function CommandsButton({ onOpen }: { onOpen: () => void }) {
  const { commands: words } = useWords();
  return (
    <IconButton label={words.palette.title} aria-haspopup="dialog" onClick={onOpen}>
      <Icon name="search" />
    </IconButton>
  );
}
