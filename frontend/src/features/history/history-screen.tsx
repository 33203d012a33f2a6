"use client";

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Button } from "@/components/button";
import { Icon } from "@/components/icon";
import { deleteForGood, favour, openLibrary, useLibrary } from "@/lib/pictures/library";
import type { Picture } from "@/lib/pictures/picture";
import type { Recipe } from "@/lib/recipe/recipe";
import { counted } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { ConfirmDeletion } from "./confirm-deletion";
import { HistoryFilters } from "./history-filters";
import { EVERYTHING, isNarrowed } from "./history-query";
import styles from "./history-screen.module.css";
import { NoPictures } from "./no-pictures";
import { StorageNotice, StorageUse } from "./notices";
import { PictureGrid } from "./picture-grid";
import { modelsOf, prepareSearch, searchPictures } from "./search-pictures";
import { oneSection, sectionsByDate } from "./sections";
import { allSelected, NOTHING_SELECTED, ranged, selecting, toggled } from "./selection";
import { SelectionBar } from "./selection-bar";
import { TrashNote } from "./trash-note";
import { useEscape } from "./use-escape";
import { useGridFocus } from "./use-grid-focus";
import { useHistoryQuery } from "./use-history-query";
import { useSelectionActions } from "./use-selection-actions";
import { useTrashing } from "./use-trashing";
import { ViewLinks } from "./view-links";

type Props = {
  /** @param visible all that are shown, in their order, `picture` among them. */
  onOpen: (picture: Picture, visible: readonly Picture[]) => void;
  /** Without it there is no way to ask for it; so, too, below. */
  onCompare?: (a: Picture, b: Picture) => void;
  onRestore?: (recipe: Recipe) => void;
};

/** All pictures of this browser: to find again, to sort out, to take along. */
export function HistoryScreen({ onOpen, onCompare, onRestore }: Props) {
  const { history: words, language } = useWords();
  const { pictures, keeping } = useLibrary();
  const [query, change] = useHistoryQuery();
  const [selection, setSelection] = useState(NOTHING_SELECTED);
  const [asked, setAsked] = useState<readonly Picture[] | null>(null);
  const title = useRef<HTMLHeadingElement>(null);

  useEffect(() => void openLibrary(), []);

  useEffect(() => {
    // After the pictures are on the screen.
    const timer = setTimeout(() => prepareSearch(pictures));
    return () => clearTimeout(timer);
  }, [pictures]);

  const { visible, sections, now } = useMemo(() => {
    const now = Date.now();
    const visible = searchPictures(pictures, query, now);
    const isTrash = query.view === "trash";
    const sections = isTrash ? oneSection(visible) : sectionsByDate(visible, now);
    return { visible, sections, now };
  }, [pictures, query]);
  const trashed = useMemo(
    () => pictures.filter(({ trashedAt }) => trashedAt !== null),
    [pictures],
  );
  const models = useMemo(() => modelsOf(pictures), [pictures]);
  const { activeId, activate, moveTo, leave } = useGridFocus(visible);
  const { discard, restore } = useTrashing(moveTo);

  const isTrash = query.view === "trash";
  const isSelecting = selection.isOn || isTrash;
  const order = () => visible.map(({ id }) => id);
  const chosen = visible.filter(({ id }) => selection.ids.has(id));
  const end = useCallback(() => setSelection(NOTHING_SELECTED), []);
  useEscape(selection.isOn, end);
  // Also where the browser's Back leads to the other view.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the view is what ends it
  useEffect(end, [query.view]);

  const toggle = (id: string) => setSelection((before) => toggled(before, id));

  /** What is no longer shown afterwards: the focus and the selection let go of it. */
  function take(gone: readonly Picture[], away: (ids: readonly string[]) => void) {
    const ids = gone.map(({ id }) => id);
    if (!leave(new Set(ids))) title.current?.focus();
    end();
    away(ids);
  }

  const selectionActions = useSelectionActions({
    chosen,
    isTrash,
    onCompare,
    onRestore,
    onTrash: () => take(chosen, discard),
    onTakeBack: () => take(chosen, restore),
    onDeleteForGood: () => setAsked(chosen),
  });

  const actions = {
    activate,
    moveFocus: moveTo,
    toggle,
    open: (picture: Picture) =>
      isTrash ? toggle(picture.id) : onOpen(picture, visible),
    selectTo: (id: string) =>
      setSelection((before) => ranged(before, order(), id, activeId)),
    selectAll: () => setSelection(allSelected(order())),
    favour: ({ id, isFavourite }: Picture) => void favour([id], !isFavourite),
    restore: ({ recipe }: Picture) => onRestore?.(recipe),
    discard: (picture: Picture) => {
      const meant = chosen.includes(picture) ? chosen : [picture];
      if (isTrash) setAsked(meant);
      else take(meant, discard);
    },
  };

  return (
    <div className={styles.screen}>
      <header className={styles.header}>
        <h1 ref={title} tabIndex={-1}>
          {words.title}
        </h1>
        <ViewLinks
          view={query.view}
          onChange={(view) => change({ ...EVERYTHING, view })}
        />
        <p className={styles.count} role="status">
          {visible.length > 0
            ? counted(words.found, visible.length, language)
            : isNarrowed(query) && (
                // Shown larger below, but this is what is read out.
                <span className="visually-hidden">{words.noHits.title}</span>
              )}
        </p>
        {!isTrash && visible.length > 0 && (
          <Button
            aria-pressed={selection.isOn}
            onClick={() => (selection.isOn ? end() : setSelection(selecting()))}
          >
            <Icon name="check" />
            {words.select.start}
          </Button>
        )}
      </header>
      <StorageNotice
        keeping={keeping}
        trashedCount={trashed.length}
        onEmptyTrash={() => setAsked(trashed)}
      />
      {pictures.length > 0 && (
        <HistoryFilters query={query} models={models} onChange={change} />
      )}
      {isTrash && trashed.length > 0 && <TrashNote onEmpty={() => setAsked(trashed)} />}
      {visible.length > 0 ? (
        <PictureGrid
          label={isTrash ? words.views.trash : words.views.pictures}
          sections={sections}
          now={now}
          activeId={activeId}
          selected={isSelecting ? selection.ids : null}
          actions={actions}
        />
      ) : (
        <NoPictures keeping={keeping} query={query} onChange={change} />
      )}
      {(isTrash ? chosen.length > 0 : selection.isOn) && (
        <SelectionBar
          count={chosen.length}
          actions={selectionActions}
          onSelectAll={actions.selectAll}
          onEnd={end}
        />
      )}
      {keeping === "kept" && <StorageUse pictureCount={pictures.length} />}
      {asked && (
        <ConfirmDeletion
          count={asked.length}
          onClose={() => setAsked(null)}
          onConfirm={() => take(asked, (ids) => void deleteForGood(ids))}
        />
      )}
    </div>
  );
}
