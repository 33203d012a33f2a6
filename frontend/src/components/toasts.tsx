"use client";

import { useEffect, useState } from "react";
import { create } from "zustand";
import styles from "./toasts.module.css";

type Toast = {
  id: number;
  message: string;
  /** Something to press for as long as it is there, such as Undo. */
  action?: { label: string; run: () => void };
};

// Long enough to find and press Undo.
const SHOWN_MS = 10_000;

const useToasts = create<{ toasts: readonly Toast[] }>(() => ({ toasts: [] }));
let lastId = 0;

/** Says briefly what has just happened; read out by screen readers. */
export function showToast(message: string, action?: Toast["action"]): void {
  lastId += 1;
  const toast: Toast = { id: lastId, message, ...(action && { action }) };
  // One at a time: the news of a moment ago would cover the page.
  useToasts.setState({ toasts: [toast] });
}

function dismiss(id: number): void {
  useToasts.setState(({ toasts }) => ({
    toasts: toasts.filter((one) => one.id !== id),
  }));
}

/** Where toasts appear: once a page. */
export function Toasts() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <div className={styles.toasts} role="status">
      {toasts.map((toast) => (
        <ToastBox key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function ToastBox({ toast: { id, message, action } }: { toast: Toast }) {
  const [isPointedAt, setIsPointedAt] = useState(false);
  const [hasFocus, setHasFocus] = useState(false);
  // Whoever reads it or is about to press its button has all the time (WCAG 2.2.1).
  const isHeld = isPointedAt || hasFocus;

  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => dismiss(id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, isHeld]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: they only hold the clock
    <div
      className={styles.toast}
      onPointerEnter={() => setIsPointedAt(true)}
      onPointerLeave={() => setIsPointedAt(false)}
      onFocus={() => setHasFocus(true)}
      onBlur={() => setHasFocus(false)}
    >
      <p>{message}</p>
      {action && (
        <button
          type="button"
          onClick={() => {
            action.run();
            dismiss(id);
          }}
        >
          {action.label}
        </button>
      )}
    </div>
  );
}
