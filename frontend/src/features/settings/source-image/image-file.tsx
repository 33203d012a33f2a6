"use client";

import { type ClipboardEvent, type DragEvent, type ReactNode, useState } from "react";
import { Icon } from "@/components/icon";
import { forgetFault } from "../settings-store";
import styles from "./image-file.module.css";
import { setSourceImage } from "./source-store";

/** Opens the list of files. */
export function FileButton({ label }: { label: string }) {
  return (
    <label className={styles.file}>
      <input
        type="file"
        className="visually-hidden"
        accept="image/*"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          if (file) choose(file);
          // The same file may be chosen again.
          event.target.value = "";
        }}
      />
      <Icon name="image" />
      {label}
    </label>
  );
}

/** Takes an image that is dropped on it, or pasted while the focus is in it. */
export function DropZone({ children }: { children: ReactNode }) {
  const [isOver, setIsOver] = useState(false);

  /** Nobody else is to open what was meant for this field. */
  function take(event: DragEvent | ClipboardEvent, files: FileList): void {
    // What is no image is told so.
    const file = [...files].find(({ type }) => type.startsWith("image/")) ?? files[0];
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    choose(file);
  }

  return (
    // Everything in here can be done by the button, too.
    // biome-ignore lint/a11y/noStaticElementInteractions: see above
    <div
      className={styles.zone}
      data-over={isOver}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        event.stopPropagation();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        setIsOver(false);
        take(event, event.dataTransfer.files);
      }}
      onPaste={(event) => take(event, event.clipboardData.files)}
    >
      {children}
    </div>
  );
}

function choose(file: File): void {
  // What was wrong with the image before is none of this one's faults.
  forgetFault();
  void setSourceImage(file);
}
