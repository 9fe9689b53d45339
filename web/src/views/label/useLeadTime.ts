import { useEffect } from "react";
import type { LeadTimer } from "../../state/timer";

const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "touchmove"] as const;

/** Feeds the timer: signs of life, and whether anybody can see the question at all. */
export function useLeadTime(timer: LeadTimer): void {
  useEffect(() => {
    const active = () => timer.active();
    const visible = () => (document.visibilityState === "hidden" ? timer.pause() : timer.resume());
    for (const sign of SIGNS) window.addEventListener(sign, active, { passive: true, capture: true });
    document.addEventListener("visibilitychange", visible);
    visible();
    return () => {
      for (const sign of SIGNS) window.removeEventListener(sign, active, { capture: true });
      document.removeEventListener("visibilitychange", visible);
      timer.pause(); // another view is no time spent on the question
    };
  }, [timer]);
}
