import { Button } from "@/components/button";
import type { Keeping } from "@/lib/pictures/library";
import { useWords } from "@/lib/words/use-words";
import { EVERYTHING, type HistoryQuery, isNarrowed } from "./history-query";
import styles from "./no-pictures.module.css";
import { EmptyState, StudioLink } from "./notices";

type Props = {
  keeping: Keeping;
  query: HistoryQuery;
  onChange: (part: Partial<HistoryQuery>) => void;
};

/** Why there is nothing to see, and what to do about it. */
export function NoPictures({ keeping, query, onChange }: Props) {
  const { history: words } = useWords();
  if (keeping === "opening") return <p className={styles.opening}>{words.opening}</p>;
  if (isNarrowed(query)) {
    return (
      <EmptyState icon="search" title={words.noHits.title} advice={words.noHits.advice}>
        <Button onClick={() => onChange({ ...EVERYTHING, view: query.view })}>
          {words.filters.clear}
        </Button>
      </EmptyState>
    );
  }
  if (query.view === "trash") {
    const { empty, emptyAdvice } = words.trash;
    return <EmptyState icon="trash" title={empty} advice={emptyAdvice} />;
  }
  return (
    <EmptyState icon="image" title={words.empty.title} advice={words.empty.advice}>
      <StudioLink>{words.empty.action}</StudioLink>
    </EmptyState>
  );
}
