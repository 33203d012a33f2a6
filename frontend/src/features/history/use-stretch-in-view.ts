"use client";

import { type RefObject, useEffect, useState } from "react";

/** Of an element: how wide it is, and which stretch of it is on or near the screen. */
export type StretchInView = {
  widthPx: number;
  fromPx: number;
  toPx: number;
  /** Size of the root's text, in which headings are measured. */
  remPx: number;
};

// How far beyond the screen things are made ready.
const MARGIN_PX = 400;

// Scrolling changes nothing until it has come this far.
const STEP_PX = 200;

/** Null before the element has been measured, which is on the server, too. */
export function useStretchInView(
  element: RefObject<HTMLElement | null>,
): StretchInView | null {
  const [stretch, setStretch] = useState<StretchInView | null>(null);

  useEffect(() => {
    const measured = element.current;
    if (!measured) return;
    let frame = 0;
    const measure = () => {
      frame = 0;
      const next = stretchOf(measured);
      setStretch((before) => (before && isSame(before, next) ? before : next));
    };
    const measureSoon = () => {
      frame ||= requestAnimationFrame(measure);
    };
    measure();
    const resizes = new ResizeObserver(measureSoon);
    resizes.observe(measured);
    // What stands above may grow and push it down.
    resizes.observe(document.body);
    window.addEventListener("scroll", measureSoon, { passive: true });
    window.addEventListener("resize", measureSoon);
    return () => {
      cancelAnimationFrame(frame);
      resizes.disconnect();
      window.removeEventListener("scroll", measureSoon);
      window.removeEventListener("resize", measureSoon);
    };
  }, [element]);

  return stretch;
}

function stretchOf(element: HTMLElement): StretchInView {
  const { top, width } = element.getBoundingClientRect();
  const { fontSize } = getComputedStyle(document.documentElement);
  return {
    widthPx: width,
    fromPx: Math.floor((-top - MARGIN_PX) / STEP_PX) * STEP_PX,
    toPx: Math.ceil((window.innerHeight - top + MARGIN_PX) / STEP_PX) * STEP_PX,
    remPx: Number.parseFloat(fontSize),
  };
}

function isSame(a: StretchInView, b: StretchInView): boolean {
  return (
    a.widthPx === b.widthPx &&
    a.fromPx === b.fromPx &&
    a.toPx === b.toPx &&
    a.remPx === b.remPx
  );
}
