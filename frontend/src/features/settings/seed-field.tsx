import { Field } from "@/components/field";
import { Icon } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import inputs from "@/components/input.module.css";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { fieldId } from "./focus-field";
import styles from "./seed-field.module.css";
import { randomSeed } from "./settings";

type Props = {
  seed: string;
  lastSeed: number | null;
  error: string | null;
  onChange: (seed: string) => void;
};

/** Locked means that there is a number in the field: it is used again and again. */
export function SeedField({ seed, lastSeed, error, onChange }: Props) {
  const { seed: words } = useWords().settings;
  const isLocked = seed.trim() !== "";
  const lockedSeed = lastSeed === null ? randomSeed : () => String(lastSeed);
  return (
    <Field
      id={fieldId("seed")}
      label={words.label}
      hint={isLocked ? words.kept : words.random}
      error={error}
    >
      {(control) => (
        <div className={styles.row}>
          <input
            {...control}
            className={inputs.input}
            inputMode="numeric"
            autoComplete="off"
            placeholder={
              lastSeed === null
                ? words.placeholder
                : fill(words.placeholderLast, { seed: lastSeed })
            }
            value={seed}
            onChange={(event) => onChange(event.target.value)}
          />
          <IconButton label={words.dice} onClick={() => onChange(randomSeed())}>
            <Icon name="dice" />
          </IconButton>
          <IconButton
            label={words.lock}
            aria-pressed={isLocked}
            onClick={() => onChange(isLocked ? "" : lockedSeed())}
          >
            <Icon name={isLocked ? "lock" : "lockOpen"} />
          </IconButton>
        </div>
      )}
    </Field>
  );
}
