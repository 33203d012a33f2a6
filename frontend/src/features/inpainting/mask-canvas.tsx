"use client";

import {
  type CSSProperties,
  type PointerEvent,
  type RefObject,
  useEffect,
  useRef,
} from "react";
import { drawMask, drawStroke } from "./draw-mask";
import styles from "./mask-canvas.module.css";
import type { Operation, Point, Tool } from "./mask-history";

type Props = {
  canvas: RefObject<HTMLCanvasElement | null>;
  image: { dataUrl: string; width: number; height: number };
  base: CanvasImageSource | null;
  operations: readonly Operation[];
  tool: Tool;
  /** Of the brush, in pixels of the image. */
  width: number;
  label: string;
  onOperation: (operation: Operation) => void;
  /** The canvas shows the operations; also called first with none. */
  onDrawn: () => void;
};

/** The image with the mask over it, to be drawn upon by mouse, pen or finger. */
export function MaskCanvas(props: Props) {
  const { canvas, image, base, operations, tool, width, onOperation, onDrawn } = props;
  const stroke = useRef<Point[] | null>(null);
  const ring = useRef<HTMLSpanElement>(null);

  useEffect(() => {
    const context = contextOf(canvas.current);
    if (!context) return;
    drawMask(context, base, operations);
    onDrawn();
  }, [canvas, base, operations, onDrawn]);

  function begin(event: PointerEvent<HTMLCanvasElement>): void {
    if (!event.isPrimary || event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    stroke.current = [];
    extend(event);
  }

  function extend(event: PointerEvent<HTMLCanvasElement>): void {
    moveRing(event);
    const points = stroke.current;
    const context = contextOf(event.currentTarget);
    if (!points || !event.isPrimary || !context) return;
    const before = points.at(-1);
    const added = pointsOf(event);
    points.push(...added);
    drawStroke(context, { tool, width }, before ? [before, ...added] : added);
  }

  function end(): void {
    const points = stroke.current;
    stroke.current = null;
    if (points?.length) onOperation({ kind: "stroke", tool, width, points });
  }

  /** The browser took the finger for something else: as if nothing had been drawn. */
  function abandon(): void {
    stroke.current = null;
    const context = contextOf(canvas.current);
    if (context) drawMask(context, base, operations);
  }

  function moveRing(event: PointerEvent<HTMLCanvasElement>): void {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    const isHidden = event.pointerType === "touch";
    Object.assign(ring.current?.style ?? {}, {
      translate: `${event.clientX - left}px ${event.clientY - top}px`,
      visibility: isHidden ? "hidden" : "visible",
    });
  }

  const ratio = image.width / image.height;
  // React's types do not know of custom properties.
  const shape = { "--ratio": ratio, aspectRatio: ratio } as CSSProperties;
  return (
    <div className={styles.frame} style={shape}>
      <img src={image.dataUrl} alt="" className={styles.image} draggable={false} />
      <canvas
        ref={canvas}
        className={styles.mask}
        width={image.width}
        height={image.height}
        role="img"
        aria-label={props.label}
        onPointerDown={begin}
        onPointerMove={extend}
        onPointerUp={end}
        onPointerCancel={abandon}
        onPointerLeave={() => {
          if (ring.current) ring.current.style.visibility = "hidden";
        }}
      />
      <span
        ref={ring}
        className={styles.ring}
        style={{ width: `${(width / image.width) * 100}%` }}
      />
    </div>
  );
}

function contextOf(canvas: HTMLCanvasElement | null): CanvasRenderingContext2D | null {
  const context = canvas?.getContext("2d") ?? null;
  if (context) context.fillStyle = getComputedStyle(context.canvas).color;
  return context;
}

/** All that the pen passed since the last event, in pixels of the image. */
function pointsOf(event: PointerEvent<HTMLCanvasElement>): Point[] {
  const canvas = event.currentTarget;
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const passed = event.nativeEvent.getCoalescedEvents?.() ?? [];
  return (passed.length > 0 ? passed : [event.nativeEvent]).map((one) => ({
    x: ((one.clientX - left) / width) * canvas.width,
    y: ((one.clientY - top) / height) * canvas.height,
  }));
}
