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
                <th scope="col">{words.running}</th>
                <th scope="col">{words.backlog}</th>
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
  const { id, url, state, models, outstanding, detail } = replica;
  const { backlog_s: backlogS, seconds_per_cost_unit: pace } = replica;
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
      <td data-label={words.models}>{models.join(", ") || words.noModels}</td>
      <td data-label={words.running}>{numberWords(outstanding, language)}</td>
      <td data-label={words.backlog}>
        {backlogS === null ? facts.notKnown : durationWords(backlogS, language)}
      </td>
      <td data-label={words.pace}>
        {pace === null
          ? facts.notKnown
          : fill(words.paceWords, { duration: durationWords(pace, language) })}
      </td>
    </tr>
  );
}
