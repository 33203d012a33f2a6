import { Button } from "@/components/button";
import { Icon, type IconName } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import { counted } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import styles from "./selection-bar.module.css";

/** Something to do with all that is selected. */
export type SelectionAction = {
  icon: IconName;
  label: string;
  run: () => void;
  /** It can be pressed all the same and then says why it does nothing. */
  isIdle?: boolean;
};

type Props = {
  count: number;
  actions: readonly SelectionAction[];
  onSelectAll: () => void;
  onEnd: () => void;
};

/** Stays at the bottom of the screen while something is being selected. */
export function SelectionBar({ count, actions, onSelectAll, onEnd }: Props) {
  const { history, language } = useWords();
  const { select: words } = history;
  return (
    <section className={styles.bar} aria-label={words.label}>
      <div className={styles.count}>
        <strong>{counted(words.count, count, language)}</strong>
        <Button look="quiet" onClick={onSelectAll}>
          {words.all}
        </Button>
      </div>
      <ul className={styles.actions}>
        {actions.map(({ icon, label, run, isIdle = false }) => (
          <li key={icon}>
            <Button
              title={label}
              aria-disabled={isIdle || count === 0 || undefined}
              onClick={() => count > 0 && run()}
            >
              <Icon name={icon} />
              <span className={styles.label}>{label}</span>
            </Button>
          </li>
        ))}
      </ul>
      <IconButton label={words.end} onClick={onEnd}>
        <Icon name="close" />
      </IconButton>
    </section>
  );
}
