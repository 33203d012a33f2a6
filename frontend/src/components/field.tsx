import type { ReactNode } from "react";
import styles from "./field.module.css";

/** What the control inside must carry so that label, hint and error belong to it. */
export type ControlProps = {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
};

type Props = {
  id: string;
  label: string;
  hint?: string;
  error?: string | null;
  children: (control: ControlProps) => ReactNode;
};

/** A control with its label above and its hint or error below. */
export function Field({ id, label, hint, error, children }: Props) {
  const noteId = `${id}-note`;
  const note = error ?? hint;
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      {children({
        id,
        "aria-describedby": note ? noteId : undefined,
        "aria-invalid": error ? true : undefined,
      })}
      {note && (
        <p id={noteId} className={error ? styles.error : styles.hint}>
          {note}
        </p>
      )}
    </div>
  );
}

/** The same for a group of radio buttons. */
export function FieldGroup({
  id,
  label,
  error,
  children,
}: {
  id: string;
  label: string;
  error?: string | null;
  children: ReactNode;
}) {
  const noteId = `${id}-note`;
  return (
    <fieldset
      id={id}
      className={styles.group}
      tabIndex={-1}
      aria-describedby={error ? noteId : undefined}
    >
      <legend className={styles.label}>{label}</legend>
      {children}
      {error && (
        <p id={noteId} className={styles.error}>
          {error}
        </p>
      )}
    </fieldset>
  );
}
