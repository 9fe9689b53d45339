import { type TouchEvent, useRef } from "react";
import { accept, skip } from "../../actions";
import { useDesk } from "../../ui/useDesk";

const FAR = 90;

/** Left skips, right accepts; only where it is switched on, and only on a clearly level stroke of one finger. */
export function useSwipe() {
  const desk = useDesk();
  const start = useRef<{ x: number; y: number } | null>(null);
  return {
    onTouchStart(event: TouchEvent) {
      const touch = event.touches.length === 1 ? event.touches[0] : undefined;
      start.current = touch ? { x: touch.clientX, y: touch.clientY } : null;
    },
    onTouchEnd(event: TouchEvent) {
      const touch = event.changedTouches[0];
      const from = start.current;
      start.current = null;
      if (!touch || !from || !desk.face.swipe.get() || desk.face.zoom.get() > 1) return;
      const [x, y] = [touch.clientX - from.x, touch.clientY - from.y];
      if (Math.abs(x) < FAR || Math.abs(x) < 2 * Math.abs(y)) return;
      const action = x < 0 ? skip : accept;
      if (action.enabled(desk)) action.perform(desk);
    },
  };
}
