"use client";

import { useState } from "react";
import {
  bounded,
  closeUpScale,
  type Frame,
  fitView,
  isCropped,
  isFitting,
  isLargest,
  isPixelated,
  isSmallest,
  nextScale,
  type Point,
  panned,
  type Size,
  type View,
  zoomedTo,
} from "./geometry";
import type { ViewCommand } from "./viewer-keys";

export type Zoom = {
  /** Null until the pane has been measured. */
  view: View | null;
  picture: Size;
  pane: Size;
  isFit: boolean;
  /** There is more of the picture than is seen: it can be moved. */
  isCropped: boolean;
  isSmallest: boolean;
  isLargest: boolean;
  /** So close that its pixels are to be seen, not smoothed. */
  isPixelated: boolean;
  measure: (pane: Size) => void;
  obey: (command: ViewCommand) => void;
  /** Points are in CSS pixels from the middle of the pane. */
  zoomBy: (factor: number, at: Point) => void;
  pan: (by: Point) => void;
  /** Between the whole picture and a close-up of one point. */
  toggle: (at: Point) => void;
};

const MIDDLE: Point = { x: 0, y: 0 };

/**
 * How one picture, or several that lie on each other, are seen.
 *
 * @param key what is seen: something else begins with the whole picture again.
 */
export function useZoom(key: string, picture: Size): Zoom {
  const [pane, measure] = useState<Size>({ width: 0, height: 0 });
  // Without a view of its own the picture fits, also after the window has changed.
  const [chosen, choose] = useState<{ key: string; view: View | null }>({
    key,
    view: null,
  });
  const frame: Frame = { picture, pane };
  const isMeasured = pane.width > 0 && pane.height > 0;

  function current({ key: seen, view }: typeof chosen): View {
    return view && seen === key ? bounded(view, frame) : fitView(frame);
  }

  /** Several movements can come before the next rendering: each builds on the last. */
  function change(next: (view: View) => View) {
    if (!isMeasured) return;
    choose((before) => {
      const view = next(current(before));
      return { key, view: isFitting(view, frame) ? null : view };
    });
  }

  function pan(by: Point) {
    change((view) => panned(view, by, frame));
  }

  function obey(command: ViewCommand) {
    switch (command.kind) {
      case "fit":
        return change(() => fitView(frame));
      case "actual_size":
        return change((view) => zoomedTo(view, 1, MIDDLE, frame));
      case "pan":
        return pan(command.by);
      case "zoom":
        return change((view) => {
          const scale = nextScale(view.scale, command.direction, frame);
          return zoomedTo(view, scale, MIDDLE, frame);
        });
    }
  }

  const view = isMeasured ? current(chosen) : null;
  return {
    view,
    picture,
    pane,
    isFit: !view || isFitting(view, frame),
    isCropped: view !== null && isCropped(view, frame),
    isSmallest: !view || isSmallest(view, frame),
    isLargest: view !== null && isLargest(view),
    isPixelated: view !== null && isPixelated(view, frame),
    measure,
    obey,
    zoomBy: (factor, at) =>
      change((before) => zoomedTo(before, before.scale * factor, at, frame)),
    pan,
    toggle: (at) =>
      change((before) =>
        isFitting(before, frame)
          ? zoomedTo(before, closeUpScale(frame), at, frame)
          : fitView(frame),
      ),
  };
}
