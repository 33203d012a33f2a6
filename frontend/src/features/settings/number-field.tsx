import { Field } from "@/components/field";
import inputs from "@/components/input.module.css";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import styles from "./number-field.module.css";

type Props = {
  id: string;
  label: string;
  /** As typed; empty stands for the default. */
  value: string;
  defaultValue: number;
  range: { minimum: number; maximum: number };
  step: number;
  hint?: string;
  error: string | null;
  onChange: (value: string) => void;
};

/** A number to type exactly or to drag roughly. */
export function NumberField({ range, defaultValue, value, onChange, ...props }: Props) {
  const { settings: words } = useWords();
  const limits = { min: range.minimum, max: range.maximum };
  return (
    <Field {...props}>
      {(control) => (
        <div className={styles.pair}>
          <input
            type="range"
            className={styles.range}
            aria-label={fill(words.slider, { label: props.label })}
            {...limits}
            step={props.step}
            value={value === "" ? defaultValue : value}
            onChange={(event) => onChange(event.target.value)}
          />
          <input
            {...control}
            type="number"
            className={inputs.input}
            {...limits}
            // The slider moves in these steps; typed, any number will do.
            step="any"
            placeholder={String(defaultValue)}
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
        </div>
      )}
    </Field>
  );
}
