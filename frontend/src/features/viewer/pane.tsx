"use client";

import {
  type PointerEvent,
  type ReactNode,
  useEffect,
  useEffectEvent,
  useRef,
} from "react";
import type { Point } from "./geometry";
import { type Gesture, GestureReader } from "./gestures";
import styles from "./pane.module.css";
import type { Zoom } from "./use-zoom";

type Props = {
  zoom: Zoom;
  /** Asked for by a swipe while there is nothing to be dragged. */
  onSwipe?: (direction: -1 | 1) => void;
  children: ReactNode;
};

// A turn of the wheel by 100 pixels zooms by 1.35.
const WHEEL_RATE = 0.003;
const LINE_PX = 16;

/** A window onto pictures: pinch, wheel, double tap, drag. */
export function Pane({ zoom, onSwipe, children }: Props) {
  const pane = useRef<HTMLDivElement>(null);
  const gestures = useRef<GestureReader>(null);
  gestures.current ??= new GestureReader();

  const measure = useEffectEvent((entry: ResizeObserverEntry) => {
    const { width, height } = entry.contentRect;
    if (width !== zoom.pane.width || height !== zoom.pane.height) {
      zoom.measure({ width, height });
    }
  });

  const turnWheel = useEffectEvent((event: WheelEvent) => {
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
    if (event.ctrlKey) {
      event.preventDefault();
      zoom.zoomBy(Math.exp(-event.deltaY * unit * WHEEL_RATE), fromMiddle(event));
    } else if (zoom.isCropped) {
      event.preventDefault();
      zoom.pan({ x: -event.deltaX * unit, y: -event.deltaY * unit });
    }
  });

  useEffect(() => {
    const element = pane.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => entry && measure(entry));
    observer.observe(element);
    // React listens passively: the page itself would be zoomed.
    const wheel = (event: WheelEvent) => turnWheel(event);
    element.addEventListener("wheel", wheel, { passive: false });
    return () => {
      observer.disconnect();
      element.removeEventListener("wheel", wheel);
    };
  }, []);

  function fromMiddle(event: { clientX: number; clientY: number }): Point {
    const box = pane.current?.getBoundingClientRect() ?? new DOMRect();
    return {
      x: event.clientX - box.left - box.width / 2,
      y: event.clientY - box.top - box.height / 2,
    };
  }

  function obey(gesture: Gesture | null | undefined) {
    switch (gesture?.kind) {
      case "pan":
        return zoom.pan(gesture.by);
      case "pinch":
        zoom.zoomBy(gesture.factor, gesture.at);
        return zoom.pan(gesture.by);
      case "double_tap":
        return zoom.toggle(gesture.at);
      case "swipe":
        if (!zoom.isCropped) onSwipe?.(gesture.direction);
    }
  }

  function press(event: PointerEvent<HTMLDivElement>) {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    gestures.current?.down(event.pointerId, fromMiddle(event));
  }

  return (
    <div
      ref={pane}
      className={styles.pane}
      data-cropped={zoom.isCropped}
      onPointerDown={press}
      onPointerMove={(event) =>
        obey(gestures.current?.move(event.pointerId, fromMiddle(event)))
      }
      onPointerUp={(event) =>
        obey(gestures.current?.up(event.pointerId, event.timeStamp))
      }
      onPointerCancel={(event) => gestures.current?.cancel(event.pointerId)}
    >
      {children}
    </div>
  );
}

/** What lies in a pane at the place and scale of its view; fills it with its children. */
export function Sheet({ zoom, children }: { zoom: Zoom; children: ReactNode }) {
  const { view, pane, picture } = zoom;
  if (!view) return null;
  const { scale, centre } = view;
  return (
    <div
      className={styles.sheet}
      data-pixelated={zoom.isPixelated}
      style={{
        left: pane.width / 2 - centre.x * scale,
        top: pane.height / 2 - centre.y * scale,
        width: picture.width * scale,
        height: picture.height * scale,
      }}
    >
      {children}
    </div>
  );
}
