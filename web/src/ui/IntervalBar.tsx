import type { Quality } from "../wire/types";
import classes from "./IntervalBar.module.css";
import { percent } from "./words";

const at = (share: number) => `${Math.min(1, Math.max(0, share)) * 100}%`;

/** An estimate with its interval on a line from nothing to everything, and where the target lies. */
export function IntervalBar({ quality, target }: { quality: Quality; target: number | null }) {
  const { estimate, low, high } = quality;
  return (
    <div
      className={classes.bar}
      role="img"
      aria-label={`${percent(estimate)}, between ${percent(low)} and ${percent(high)}${target === null ? "" : `, target ${percent(target)}`}`}
    >
      <div className={classes.track} />
      <div className={classes.band} style={{ left: at(low), width: at(high - low) }} />
      <div className={classes.estimate} style={{ left: at(estimate) }} />
      {target !== null && (
        <div className={classes.target} style={{ left: at(target) }}>
          <span>target {percent(target)}</span>
        </div>
      )}
      <span className={classes.end} style={{ left: 0 }}>
        0 %
      </span>
      {(target === null || target < 0.85) && (
        <span className={classes.end} style={{ right: 0 }}>
          100 %
        </span>
      )}
    </div>
  );
}
