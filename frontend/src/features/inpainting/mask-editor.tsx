"use client";

import {
  type KeyboardEvent,
  type RefObject,
  useCallback,
  useEffect,
  useRef,
  useState,
} from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { AreaForm } from "./area-form";
import { markedShare, maskFile, readMask } from "./draw-mask";
import { MaskCanvas } from "./mask-canvas";
import styles from "./mask-editor.module.css";
import {
  NOTHING_DONE,
  type Operation,
  redo,
  type Tool,
  undo,
  withOperation,
} from "./mask-history";
import { MaskTools } from "./mask-tools";

type Props = {
  image: { dataUrl: string; width: number; height: number };
  /** A mask of this image, as `onDone` gave it; null to begin with none. */
  mask: string | null;
  /** Gets a PNG of the image's size, white where it is marked; null if nothing is. */
  onDone: (mask: string | null) => void;
  onClose: () => void;
};

// In percent of the image's shorter side.
const BRUSH = { smallest: 1, usual: 12, largest: 60, step: 3 };

/** A dialog in which the part of an image is marked that is to be repainted. */
export function MaskEditor({ image, mask, onDone, onClose }: Props) {
  const { settings, language } = useWords();
  const { inpainting: words } = settings;
  const canvas = useRef<HTMLCanvasElement>(null);
  const base = useBase(image, mask, canvas);
  const [history, setHistory] = useState(NOTHING_DONE);
  const [tool, setTool] = useState<Tool>("brush");
  const [brush, setBrush] = useState(BRUSH.usual);
  const [share, setShare] = useState(0);

  const add = (operation: Operation) =>
    setHistory((before) => withOperation(before, operation));
  const measure = useCallback(() => {
    if (canvas.current) setShare(markedShare(canvas.current));
  }, []);
  const resize = (by: number) =>
    setBrush((size) => Math.min(BRUSH.largest, Math.max(BRUSH.smallest, size + by)));

  function takeShortcut(event: KeyboardEvent): void {
    const isModified = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (isModified && key === "z") {
      setHistory(event.shiftKey ? redo : undo);
    } else if (isModified && key === "y") {
      setHistory(redo);
    } else if (key === "enter" && event.target instanceof HTMLInputElement) {
      // The form around the dialog would take it for a wish to paint.
    } else if (event.key === "[") {
      resize(-BRUSH.step);
    } else if (event.key === "]") {
      resize(BRUSH.step);
    } else return;
    event.preventDefault();
  }

  const isMarked = share > 0;
  const finish = () =>
    onDone(isMarked && canvas.current ? maskFile(canvas.current) : null);
  return (
    <Dialog
      title={words.title}
      closeLabel={settings.close}
      size="wide"
      onClose={onClose}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: shortcuts for the buttons */}
      <div
        className={styles.editor}
        // Whoever draws has the focus in here, or the shortcuts would not be heard.
        tabIndex={-1}
        onKeyDown={takeShortcut}
      >
        <div className={styles.image}>
          <p>{words.hint}</p>
          <MaskCanvas
            canvas={canvas}
            image={image}
            base={base}
            operations={history.done}
            tool={tool}
            width={(brush / 100) * Math.min(image.width, image.height)}
            label={words.canvas}
            onOperation={add}
            onDrawn={measure}
          />
        </div>
        <div className={styles.controls}>
          <MaskTools
            tool={tool}
            onToolChange={setTool}
            brush={{ ...BRUSH, size: brush }}
            onBrushChange={setBrush}
            canUndo={history.done.length > 0}
            canRedo={history.undone.length > 0}
            onUndo={() => setHistory(undo)}
            onRedo={() => setHistory(redo)}
            onOperation={add}
          />
          <AreaForm onArea={(by, area) => add({ kind: "area", tool: by, area })} />
        </div>
        <div className={styles.end}>
          <p aria-live="polite">
            {isMarked
              ? fill(words.marked, { share: percent(share, language) })
              : words.nothingMarked}
          </p>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button look="primary" onClick={finish}>
            {words.done}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

/** The mask to go on with, once it is decoded. */
function useBase(
  image: Props["image"],
  mask: string | null,
  canvas: RefObject<HTMLCanvasElement | null>,
): HTMLCanvasElement | null {
  const [base, setBase] = useState<HTMLCanvasElement | null>(null);
  useEffect(() => {
    if (!mask || !canvas.current) return;
    let isCurrent = true;
    const { color } = getComputedStyle(canvas.current);
    void readMask(mask, image, color).then((read) => {
      if (isCurrent) setBase(read);
    });
    return () => {
      isCurrent = false;
    };
  }, [image, mask, canvas]);
  return base;
}

function percent(share: number, language: string): string {
  return share.toLocaleString(language, {
    style: "percent",
    maximumSignificantDigits: 2,
  });
}
