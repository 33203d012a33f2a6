import { Field } from "@/components/field";
import { Icon } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import { fieldId } from "./focus-field";
import inputs from "./inputs.module.css";
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
  const isLocked = seed.trim() !== "";
  const lockedSeed = lastSeed === null ? randomSeed : () => String(lastSeed);
  return (
    <Field
      id={fieldId("seed")}
      label="Seed"
      hint={
        isLocked
          ? "Kept: the same settings give the same picture."
          : "A new random one for each picture."
      }
      error={error}
    >
      {(control) => (
        <div className={styles.row}>
          <input
            {...control}
            className={inputs.input}
            inputMode="numeric"
            autoComplete="off"
            placeholder={lastSeed === null ? "Random" : `Random, last ${lastSeed}`}
            value={seed}
            onChange={(event) => onChange(event.target.value)}
          />
          <IconButton label="New seed" onClick={() => onChange(randomSeed())}>
            <Icon name="dice" />
          </IconButton>
          <IconButton
            label="Keep the seed"
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
