"use client";

import { useSearchParams } from "next/navigation";
import { useCallback, useEffect, useRef, useState } from "react";
import { type HistoryQuery, readQuery, writeQuery } from "./history-query";

// Browsers take only so many changes of the address a second; typing is faster.
const SETTLED_MS = 250;

/** The query and how to change a part of it; the page's address follows, and leads. */
export function useHistoryQuery(): [
  HistoryQuery,
  (part: Partial<HistoryQuery>) => void,
] {
  const address = useSearchParams();
  const [query, setQuery] = useState(() => readQuery(address));
  const latest = useRef(query);
  const written = useRef(writeQuery(query));
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const show = useCallback((next: HistoryQuery) => {
    clearTimeout(timer.current);
    latest.current = next;
    setQuery(next);
  }, []);

  useEffect(() => {
    const asked = readQuery(address);
    // Our own writing comes back here, perhaps after more has been typed.
    if (writeQuery(asked) === written.current) return;
    written.current = writeQuery(asked);
    show(asked);
  }, [address, show]);

  useEffect(() => () => clearTimeout(timer.current), []);

  const change = useCallback(
    (part: Partial<HistoryQuery>) => {
      const next = { ...latest.current, ...part };
      // Another view is a place to come back from; a filter is not.
      const isOtherView = next.view !== latest.current.view;
      show(next);
      const write = () => {
        written.current = writeQuery(next);
        const url = window.location.pathname + written.current;
        if (isOtherView) window.history.pushState(null, "", url);
        else window.history.replaceState(null, "", url);
      };
      const isTyping = Object.keys(part).join() === "words";
      if (isTyping) timer.current = setTimeout(write, SETTLED_MS);
      else write();
    },
    [show],
  );

  return [query, change];
}
