"use client";

import type { ReplicaDocument } from "@/lib/api/generated";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { durationWords, numberWords } from "./numbers";
import tableStyles from "./replicas-section.module.css";
import type { Tone } from "./service-view";
import styles from "./status-section.module.css";
import { ToneDot } from "./tone-dot";

const TONES: Record<ReplicaDocument["state"], Tone> = {
  starting: "busy",
  ready: "good",
  busy: "good",
  draining: "busy",
  unhealthy: "bad",
};

/** @param replicas null while the gateway does not say. */
export function ReplicasSection({
  replicas,
}: {
  replicas: readonly ReplicaDocument[] | null;
}) {
  const {
    status: { replicas: words },
  } = useWords();
  const isEmpty = replicas?.length === 0;
  return (
    <section className={styles.section} aria-labelledby="status-replicas">
      <header>
        <h2 id="status-replicas">{words.heading}</h2>
        {!replicas && <p>{words.unknown}</p>}
        {isEmpty && <p>{words.none}</p>}
      </header>
      {replicas && !isEmpty && (
        <>
          <table className={tableStyles.table} aria-labelledby="status-replicas">
            <thead>
              <tr>
                <th scope="col">{words.server}</th>
                <th scope="col">{words.state}</th>
                <th scope="col">{words.models}</th>
                <th scope="col">{words.work}</th>
                <th scope="col">{words.pictures}</th>
                <th scope="col">{words.time}</th>
                <th scope="col">{words.pace}</th>
              </tr>
            </thead>
            <tbody>
              {replicas.map((replica) => (
                <ReplicaRow key={replica.url} replica={replica} />
              ))}
            </tbody>
          </table>
          <p className={styles.note}>{words.note}</p>
        </>
      )}
    </section>
  );
}

function ReplicaRow({ replica }: { replica: ReplicaDocument }) {
  const { status, language } = useWords();
  const { replicas: words, facts } = status;
  const { id, url, state, models, device, running, queued, detail, recent } = replica;
  const { backlog_s: backlogS, seconds_per_cost_unit: pace } = replica;
  const times = recent?.generation_seconds;
  const inWords = (seconds: number) => durationWords(seconds, language);
  return (
    <tr>
      <th scope="row">
        {id ?? words.nameless}
        <span className={tableStyles.quiet}>{url}</span>
      </th>
      <td data-label={words.state}>
        <span className={tableStyles.state}>
          <ToneDot tone={TONES[state]} />
          {words.states[state]}
        </span>
        {detail && <span className={tableStyles.quiet}>{detail}</span>}
      </td>
      <td data-label={words.models}>
        {models.join(", ") || words.noModels}
        {device && <span className={tableStyles.quiet}>{device}</span>}
      </td>
      <td data-label={words.work}>
        {typeof running === "number" && typeof queued === "number"
          ? fill(facts.workWords, { running, queued })
          : facts.notKnown}
        {backlogS !== null && (
          <span className={tableStyles.quiet}>
            {fill(words.backlog, { duration: inWords(backlogS) })}
          </span>
        )}
      </td>
      <td data-label={words.pictures}>
        {recent ? numberWords(recent.last_minute.images, language) : facts.notKnown}
      </td>
      <td data-label={words.time}>
        {times ? inWords(times.p50) : facts.notKnownYet}
        {times && (
          <span className={tableStyles.quiet}>
            {fill(words.p95, { duration: inWords(times.p95) })}
          </span>
        )}
      </td>
      <td data-label={words.pace}>
        {pace === null
          ? facts.notKnownYet
          : fill(words.paceWords, { duration: inWords(pace) })}
      </td>
    </tr>
  );
}
