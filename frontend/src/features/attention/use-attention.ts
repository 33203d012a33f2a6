"use client";

import { useEffect, useEffectEvent, useRef, useState } from "react";
import { usePreferences } from "@/lib/preferences/preferences";
import { useWords } from "@/lib/words/use-words";
import { markIcon } from "./favicon";
import { type Ended, type Outcome, titleOf } from "./news";
import { notify } from "./notification";

type Props = {
  /** How many generations have not ended. */
  running: number;
  /** 0 to 1 of all that run; null if it is not known. */
  progress: number | null;
  /** The one that ended last since the page was opened. */
  lastEnded: Ended | null;
};

/**
 * Tells in the tab's title how far the generations are, and, if one ends while the tab
 * is hidden, in its title and icon and by what the person has chosen that it has.
 */
export function useAttention({ running, progress, lastEnded }: Props): void {
  const { language, preferences: words } = useWords();
  const news = useNews(lastEnded);
  useTitle((page) => titleOf({ page, running, progress, news }, words.news, language));
  useEffect(() => (news ? markIcon(news) : undefined), [news]);
}

/** How the last one ended while the tab was hidden, until somebody looks at it. */
function useNews(lastEnded: Ended | null): Outcome | null {
  const { preferences: words } = useWords();
  const notifies = usePreferences((preferences) => preferences.notifies);
  const playsSound = usePreferences((preferences) => preferences.playsSound);
  const [news, setNews] = useState<Outcome | null>(null);
  const told = useRef(lastEnded?.key);
  const withdrawals = useRef<(() => void)[]>([]);

  const tell = useEffectEvent((ended: Ended) => {
    setNews(ended.outcome);
    if (playsSound) {
      // Rare: no part of the first load.
      void import("./tone").then(({ playTone }) => playTone(ended.outcome));
    }
    const title =
      ended.outcome === "done" ? words.news.doneTitle : words.news.failedTitle;
    const withdraw = notifies ? notify(title, ended) : null;
    if (withdraw) withdrawals.current.push(withdraw);
  });

  useEffect(() => {
    if (!lastEnded || told.current === lastEnded.key) return;
    told.current = lastEnded.key;
    if (document.hidden) tell(lastEnded);
  }, [lastEnded]);

  useEffect(() => {
    const clear = () => {
      if (document.hidden) return;
      setNews(null);
      for (const withdraw of withdrawals.current) withdraw();
      withdrawals.current = [];
    };
    document.addEventListener("visibilitychange", clear);
    return () => document.removeEventListener("visibilitychange", clear);
  }, []);

  return news;
}

/** @param titleFor from the page's own title, which changes with the route. */
function useTitle(titleFor: (page: string) => string): void {
  const page = useRef("");
  const shown = useRef("");

  useEffect(() => {
    // Not ours: the page has a new one.
    if (document.title !== shown.current) page.current = document.title;
    shown.current = titleFor(page.current);
    if (document.title !== shown.current) document.title = shown.current;
  });

  useEffect(
    () => () => {
      if (document.title === shown.current) document.title = page.current;
    },
    [],
  );
}
