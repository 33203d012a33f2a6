import type { ComponentProps } from "react";
import styles from "./icon-button.module.css";

type Props = Omit<ComponentProps<"button">, "className" | "type"> & { label: string };

/** A square button whose only words are its name and tooltip. */
export function IconButton({ label, ...button }: Props) {
  return (
    <button
      {...button}
      type="button"
      className={styles.button}
      aria-label={label}
      title={label}
    />
  );
}
