"use client";

import { type ReactNode, useEffect, useId, useRef } from "react";
import styles from "./dialog.module.css";
import { Icon } from "./icon";
import { IconButton } from "./icon-button";

type Props = {
  title: string;
  /** Name of the button that closes it. */
  closeLabel: string;
  /** The dialog is to be rendered no longer; Escape and the backdrop ask for it, too. */
  onClose: () => void;
  size?: "small" | "wide" | "screen";
  children: ReactNode;
};

/**
 * A modal native dialog, open for as long as it is rendered.
 *
 * The browser keeps the focus inside and gives it back to whoever had it.
 */
export function Dialog({
  title,
  closeLabel,
  onClose,
  size = "small",
  children,
}: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const opener = document.activeElement;
    const element = dialog.current;
    element?.showModal();
    return () => {
      element?.close();
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);

  return (
    // Escape does what a click on the backdrop does.
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    <dialog
      ref={dialog}
      className={styles.dialog}
      data-size={size}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className={styles.box}>
        <header className={styles.header}>
          <h2 id={titleId}>{title}</h2>
          <IconButton label={closeLabel} onClick={onClose}>
            <Icon name="close" />
          </IconButton>
        </header>
        <div className={styles.body}>{children}</div>
      </div>
    </dialog>
  );
}
