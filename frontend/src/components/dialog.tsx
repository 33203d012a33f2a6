"use client";

import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from "react";
import styles from "./dialog.module.css";
import { Icon } from "./icon";
import { IconButton } from "./icon-button";
import { Toasts } from "./toasts";

type Props = {
  title: string;
  /** Name of the button that closes it. */
  closeLabel: string;
  /** The dialog is to be rendered no longer; Escape and the backdrop ask for it, too. */
  onClose: () => void;
  /** One that fills the screen has the focus itself: keys work, no button is primed. */
  size?: "small" | "wide" | "screen";
  /** More buttons beside the one that closes it. */
  actions?: ReactNode;
  onKeyDown?: (event: KeyboardEvent) => void;
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
  actions,
  onKeyDown,
  children,
}: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Text that is selected from inside to outside must not close the dialog.
  const isPressOnBackdrop = useRef(false);
  const hasFocusItself = size === "screen";
  const titleId = useId();

  useEffect(() => {
    const opener = document.activeElement;
    const element = dialog.current;
    element?.showModal();
    if (hasFocusItself) element?.focus();
    return () => {
      element?.close();
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, [hasFocusItself]);

  return (
    <dialog
      ref={dialog}
      className={styles.dialog}
      data-size={size}
      tabIndex={-1}
      aria-labelledby={titleId}
      onKeyDown={onKeyDown}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        isPressOnBackdrop.current = event.target === dialog.current;
      }}
      onClick={(event) => {
        if (isPressOnBackdrop.current && event.target === dialog.current) onClose();
      }}
    >
      <div className={styles.box}>
        <div className={styles.header}>
          <h2 id={titleId}>{title}</h2>
          <div className={styles.actions}>
            {actions}
            <IconButton label={closeLabel} onClick={onClose}>
              <Icon name="close" />
            </IconButton>
          </div>
        </div>
        <div className={styles.body}>{children}</div>
      </div>
      {/* The page's own are behind the dialog and out of reach. */}
      <Toasts />
    </dialog>
  );
}
