import { Button } from "@/components/button";
import { Icon } from "@/components/icon";
import { useWords } from "@/lib/words/use-words";
import styles from "./history-filters.module.css";
import {
  EVERYTHING,
  type HistoryQuery,
  isNarrowed,
  PERIODS,
  SHAPES,
} from "./history-query";

type Props = {
  query: HistoryQuery;
  /** All that can be asked for. */
  models: readonly string[];
  onChange: (part: Partial<HistoryQuery>) => void;
};

/** What to look for, in words and by kind. */
export function HistoryFilters({ query, models, onChange }: Props) {
  const { history } = useWords();
  const { search, filters: words } = history;
  const asked = query.model;
  // A model from a bookmark may have no picture any more: it is still what is asked for.
  const listed = asked && !models.includes(asked) ? [asked, ...models] : models;
  return (
    <search className={styles.filters} aria-label={words.label}>
      <div className={styles.search}>
        <Icon name="search" />
        <input
          type="search"
          value={query.words}
          onChange={(event) => onChange({ words: event.target.value })}
          aria-label={search.label}
          placeholder={search.placeholder}
          autoComplete="off"
          spellCheck={false}
          enterKeyHint="search"
        />
      </div>
      <button
        type="button"
        className={styles.chip}
        aria-pressed={query.isFavourite}
        onClick={() => onChange({ isFavourite: !query.isFavourite })}
      >
        <Icon name="star" isFilled={query.isFavourite} />
        {words.favourites}
      </button>
      {listed.length > 1 || asked ? (
        <Choice
          label={words.model}
          any={words.anyModel}
          options={listed.map((model) => [model, model])}
          chosen={asked}
          onChange={(model) => onChange({ model })}
        />
      ) : null}
      <Choice
        label={words.shape}
        any={words.anyShape}
        options={SHAPES.map((shape) => [shape, words.shapes[shape]])}
        chosen={query.shape}
        onChange={(shape) => onChange({ shape })}
      />
      <Choice
        label={words.period}
        any={words.anyTime}
        options={PERIODS.map((period) => [period, words.periods[period]])}
        chosen={query.period}
        onChange={(period) => onChange({ period })}
      />
      {isNarrowed(query) && (
        <Button
          look="quiet"
          onClick={() => onChange({ ...EVERYTHING, view: query.view })}
        >
          {words.clear}
        </Button>
      )}
    </search>
  );
}

/** One of several kinds, or any. */
function Choice<Kind extends string>({
  label,
  any,
  options,
  chosen,
  onChange,
}: {
  label: string;
  any: string;
  options: readonly (readonly [Kind, string])[];
  chosen: Kind | null;
  onChange: (kind: Kind | null) => void;
}) {
  return (
    <span className={styles.choice} data-chosen={chosen !== null}>
      <select
        aria-label={label}
        value={chosen ?? ""}
        onChange={({ target }) =>
          onChange(options.find(([kind]) => kind === target.value)?.[0] ?? null)
        }
      >
        <option value="">{any}</option>
        {options.map(([kind, name]) => (
          <option key={kind} value={kind}>
            {name}
          </option>
        ))}
      </select>
      <Icon name="chevronDown" />
    </span>
  );
}
