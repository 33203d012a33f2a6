import type { MouseEvent } from "react";
import { useWords } from "@/lib/words/use-words";
import { EVERYTHING, type HistoryQuery, writeQuery } from "./history-query";
import styles from "./view-links.module.css";

type View = HistoryQuery["view"];

const VIEWS: readonly View[] = ["pictures", "trash"];

/** Real links, so that either view can be opened in another tab. */
export function ViewLinks({
  view,
  onChange,
}: {
  view: View;
  onChange: (view: View) => void;
}) {
  const { history } = useWords();
  const { views: words } = history;

  function follow(event: MouseEvent, to: View) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onChange(to);
  }

  return (
    <nav className={styles.views} aria-label={words.label}>
      {VIEWS.map((one) => (
        <a
          key={one}
          href={`/history${writeQuery({ ...EVERYTHING, view: one })}`}
          aria-current={one === view ? "page" : undefined}
          onClick={(event) => follow(event, one)}
        >
          {words[one]}
        </a>
      ))}
    </nav>
  );
}
