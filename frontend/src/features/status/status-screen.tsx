"use client";

import { useEffect, useState, useSyncExternalStore } from "react";
import { Button } from "@/components/button";
import { apiUrl } from "@/lib/api/client";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { ActivitySection } from "./activity-section";
import { pauseActivity, useActivityWatch, watchActivity } from "./activity-watch";
import { clockWords } from "./numbers";
import { overallWords } from "./overall-words";
import { ReplicasSection } from "./replicas-section";
import { healthOf, type ServiceView, type TroublesView } from "./service-view";
import styles from "./status-screen.module.css";
import { TiersSection } from "./tiers-section";
import { ToneDot } from "./tone-dot";

type Props = {
  service: ServiceView;
  troubles: TroublesView;
};

/** How the service is: a sentence, the tiers, their numbers, and the servers one by one. */
export function StatusScreen(props: Props) {
  const words = useWords();
  const address = useSyncExternalStore(neverChanges, pageOrigin, () => "");
  const { activity, newest, triedAt, isPaused, isHidden } = useActivityWatch();
  useEffect(watchActivity, []);
  // Paused means all of it: what moved while somebody reads would be no pause.
  const [held, setHeld] = useState<Props | null>(null);
  const { service, troubles } = held ?? props;

  function pause(isWanted: boolean) {
    setHeld(isWanted ? props : null);
    pauseActivity(isWanted);
  }
  // Who leaves the screen does not find it paused later on.
  useEffect(() => () => pauseActivity(false), []);

  const { tone, sentence } = overallWords(service, words);
  const health = healthOf(service);

  return (
    <div className={styles.screen}>
      <header className={styles.overall}>
        <h1>{words.status.title}</h1>
        <p className={styles.sentence} data-tone={tone}>
          <ToneDot tone={tone} />
          {sentence}
        </p>
        <div className={styles.freshness}>
          <p>{freshness()}</p>
          <Button aria-pressed={isPaused} onClick={() => pause(!isPaused)}>
            {words.status.pause}
          </Button>
        </div>
      </header>
      <TiersSection
        known={{
          service,
          troubles,
          startedAtS: activity.startedAtS,
          address,
          now: triedAt ?? 0,
        }}
      />
      <ActivitySection activity={activity} newest={newest} />
      <ReplicasSection replicas={health ? health.replicas : null} />
      <footer className={styles.raw}>
        <h2>{words.status.raw.heading}</h2>
        <a href={apiUrl("/metrics")}>{words.status.raw.metrics}</a>
        <a href={apiUrl("/health")}>{words.status.raw.health}</a>
      </footer>
    </div>
  );

  function freshness(): string {
    if (isHidden) return words.status.hidden;
    if (triedAt === null) return "";
    const time = clockWords(triedAt, words.language);
    return fill(isPaused ? words.status.paused : words.status.updatedAt, { time });
  }
}

function neverChanges(): () => void {
  return () => {};
}

/** The server that renders the page does not know how it was reached. */
function pageOrigin(): string {
  return location.origin;
}
