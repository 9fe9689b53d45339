import { type PointerEvent, type RefObject, useEffect, useRef, useState } from "react";

export interface Point {
  x: number;
  y: number;
}

const LARGEST = 8;
const STILL: Point = { x: 0, y: 0 };

/** Moves what is zoomed, with one pointer; zooms with two, or with the wheel. */
export function usePan(frame: RefObject<HTMLElement | null>, zoom: number, setZoom: (zoom: number) => void) {
  const [at, setAt] = useState<Point>(STILL);
  const pointers = useRef(new Map<number, Point>());
  const now = useRef(zoom);
  now.current = zoom;

  useEffect(() => {
    if (zoom <= 1) setAt(STILL);
  }, [zoom]);

  useEffect(() => {
    const node = frame.current;
    if (!node) return;
    // React's own wheel handler is passive, and the page would scroll along.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      setZoom(limited(now.current * Math.exp(-event.deltaY / 300)));
    };
    node.addEventListener("wheel", onWheel, { passive: false });
    return () => node.removeEventListener("wheel", onWheel);
  }, [frame, setZoom]);

  const release = (event: PointerEvent) => void pointers.current.delete(event.pointerId);
  return {
    at,
    handlers: {
      onPointerDown(event: PointerEvent) {
        pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
      },
      onPointerMove(event: PointerEvent) {
        const before = pointers.current.get(event.pointerId);
        if (!before) return;
        const here = { x: event.clientX, y: event.clientY };
        const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
        if (other) {
          const ratio = distance(here, other) / Math.max(1, distance(before, other));
          setZoom(limited(now.current * ratio));
        } else if (now.current > 1) {
          setAt((point) => ({ x: point.x + here.x - before.x, y: point.y + here.y - before.y }));
        }
        pointers.current.set(event.pointerId, here);
      },
      onPointerUp: release,
      onPointerCancel: release,
      onPointerLeave: release,
    },
  };
}

function limited(zoom: number): number {
  const bounded = Math.min(LARGEST, Math.max(1, zoom));
  return bounded < 1.04 ? 1 : bounded;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
