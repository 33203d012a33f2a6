import type { ReactNode } from "react";
import { FieldGroup } from "@/components/field";
import styles from "./choice-group.module.css";

type Props<Value extends string> = {
  id: string;
  label: string;
  options: readonly { value: Value; label: ReactNode; lang?: string }[];
  chosen: Value;
  onChoose: (value: Value) => void;
};

/** One of a few, side by side. */
export function ChoiceGroup<Value extends string>(props: Props<Value>) {
  return (
    <FieldGroup id={props.id} label={props.label}>
      <div className={styles.options}>
        {props.options.map(({ value, label, lang }) => (
          <label key={value} className={styles.option} lang={lang}>
            <input
              type="radio"
              name={props.id}
              className="visually-hidden"
              checked={value === props.chosen}
              onChange={() => props.onChoose(value)}
            />
            {label}
          </label>
        ))}
      </div>
    </FieldGroup>
  );
}
