import type { ComponentProps } from "react";
import styles from "./button.module.css";

type Look = "plain" | "primary" | "quiet";

const CLASSES: Record<Look, string | undefined> = {
  plain: styles.button,
  primary: styles.primary,
  quiet: styles.quiet,
};

export function Button({
  look = "plain",
  type = "button",
  ...button
}: ComponentProps<"button"> & { look?: Look }) {
  return <button {...button} type={type} className={CLASSES[look]} />;
}

export function LinkButton({
  look = "plain",
  children,
  ...link
}: ComponentProps<"a"> & { look?: Look }) {
  return (
    <a {...link} className={CLASSES[look]}>
      {children}
    </a>
  );
}
