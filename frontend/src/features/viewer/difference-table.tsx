"use client";

import type { ModelDocument } from "@/lib/api/generated";
import type { Picture } from "@/lib/pictures/picture";
import { useWords } from "@/lib/words/use-words";
import styles from "./difference-table.module.css";
import { differingParameters, type ParameterName, shownValue } from "./parameters";
import { type WordRun, wordDifference } from "./word-difference";

type Pair = { a: Picture; b: Picture };

type Props = Pair & {
  /** For their names. */
  models: readonly ModelDocument[];
};

/** Only the parameters that are not the same. */
export function DifferenceTable({ a, b, models }: Props) {
  const { viewer } = useWords();
  const words = viewer.compare;
  const names = differingParameters(a, b);
  const hasText = names.some(isText);
  if (names.length === 0) return <p className={styles.rest}>{words.allEqual}</p>;
  return (
    <>
      <table className={styles.table}>
        <caption>{words.differences}</caption>
        <thead>
          <tr>
            <th scope="col">{words.parameter}</th>
            <th scope="col">A{hasText && <Legend mark="del">{words.onlyA}</Legend>}</th>
            <th scope="col">B{hasText && <Legend mark="ins">{words.onlyB}</Legend>}</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) =>
            isText(name) ? (
              <TextRows key={name} name={name} a={a} b={b} />
            ) : (
              <ValueRow key={name} name={name} a={a} b={b} models={models} />
            ),
          )}
        </tbody>
      </table>
      <p className={styles.rest}>{words.restEqual}</p>
    </>
  );
}

type TextName = "prompt" | "negativePrompt";

function isText(name: ParameterName): name is TextName {
  return name === "prompt" || name === "negativePrompt";
}

/** How a text marks what is here alone; its words say so themselves to who listens. */
function Legend({ mark: Mark, children }: { mark: "del" | "ins"; children: string }) {
  return (
    <span className={styles.legend} aria-hidden="true">
      <Mark>{children}</Mark>
    </span>
  );
}

function ValueRow({ name, a, b, models }: Props & { name: ParameterName }) {
  const words = useWords();
  const { parameters, compare } = words.viewer;
  return (
    <tr>
      <th scope="row">{parameters[name]}</th>
      <td>{shownValue(name, a, words, models) ?? compare.none}</td>
      <td>{shownValue(name, b, words, models) ?? compare.none}</td>
    </tr>
  );
}

/** A text once for both, with the words that only one of them has. */
function TextRows({ name, a, b }: Pair & { name: TextName }) {
  const { language, viewer } = useWords();
  const runs = wordDifference(a.recipe[name], b.recipe[name], language);
  return (
    <tr className={styles.text}>
      <th scope="row">{viewer.parameters[name]}</th>
      <td colSpan={2}>
        {runs.map((run, index) => (
          // Runs have no other identity than their place.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <Run key={index} run={run} />
        ))}
      </td>
    </tr>
  );
}

function Run({ run: { kind, text } }: { run: WordRun }) {
  const words = useWords().viewer.compare;
  switch (kind) {
    case "same":
      return text;
    case "removed":
      return (
        <>
          <del>
            <span className="visually-hidden">[{words.onlyA}: </span>
            {text.trimEnd()}
            <span className="visually-hidden">]</span>
          </del>
          {spaceAfter(text)}
        </>
      );
    case "added":
      return (
        <>
          <ins>
            <span className="visually-hidden">[{words.onlyB}: </span>
            {text.trimEnd()}
            <span className="visually-hidden">]</span>
          </ins>
          {spaceAfter(text)}
        </>
      );
  }
}

/** Outside of the mark, where it would be struck through. */
function spaceAfter(text: string): string {
  return text.slice(text.trimEnd().length);
}
