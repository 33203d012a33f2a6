"use client";

import { useEffect, useEffectEvent, useState } from "react";
import { firstFile, hasFiles, pastedImage } from "./image-files";

/**
 * Files that are dropped anywhere in the window, and images that are pasted.
 *
 * What a smaller target has taken (`preventDefault`) is left to it, and while a dialog
 * is open nothing behind it takes anything.
 *
 * @returns whether something that could be dropped is over the window.
 */
export function useIncomingImage(onFile: (file: File) => void): boolean {
  const [isOver, setIsOver] = useState(false);

  const receive = useEffectEvent((file: File | null) => {
    if (file) onFile(file);
  });

  useEffect(() => {
    // Browsers drag the page's own pictures as files, too.
    let isOurs = false;
    const isMine = (event: DragEvent) =>
      hasFiles(event) && !isOurs && !event.defaultPrevented && !isBehindDialog();
    const start = () => {
      isOurs = true;
    };
    const end = () => {
      isOurs = false;
    };

    const drag = (event: DragEvent) => {
      setIsOver(isMine(event));
      // Without this a browser would open the file in the studio's place.
      if (hasFiles(event)) event.preventDefault();
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setIsOver(false);
    };
    const drop = (event: DragEvent) => {
      const file = isMine(event) ? firstFile(event.dataTransfer?.files) : null;
      if (hasFiles(event)) event.preventDefault();
      setIsOver(false);
      receive(file);
    };
    const paste = (event: ClipboardEvent) => {
      if (event.defaultPrevented || isBehindDialog()) return;
      const file = pastedImage(event);
      if (file) event.preventDefault();
      receive(file);
    };

    addEventListener("dragstart", start);
    addEventListener("dragend", end);
    addEventListener("dragover", drag);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    addEventListener("paste", paste);
    return () => {
      removeEventListener("dragstart", start);
      removeEventListener("dragend", end);
      removeEventListener("dragover", drag);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
      removeEventListener("paste", paste);
    };
  }, []);

  return isOver;
}

function isBehindDialog(): boolean {
  return document.querySelector("dialog:modal") !== null;
}
