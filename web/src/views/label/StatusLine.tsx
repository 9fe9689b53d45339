import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";
import { count, leftInWords, percent, qualityInWords, shownQuality, tellsSomething } from "../../ui/words";
import type { Progress } from "../../wire/types";
import classes from "./Lines.module.css";
import { usePendingAnswers } from "./usePendingAnswers";

/** How far it is: the answers that a budget counts or else the labels, and how good the model is. */
export function StatusLine() {
  const desk = useDesk();
  const progress = useStore(desk.progress);
  const learned = useStore(desk.learned);
  const pending = usePendingAnswers();
  const labelled = progress.labelled + pending;
  const quality = shownQuality(progress);
  const counted = progress.budget === null ? labelled : progress.spent + pending;
  const goal = progress.budget ?? progress.items;
  const share = shareOf(progress, counted / Math.max(1, goal));
  return (
    <div className={classes.status} data-testid="progress" data-labelled={labelled}>
      <span className="numbers">
        <strong>{counted.toLocaleString("en")}</strong> of {goal.toLocaleString("en")}
        <span className={classes.long}>{progress.budget ? " answers" : " items"}</span>
      </span>
      <div
        className={classes.bar}
        role="progressbar"
        aria-label="Progress"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={`${count(labelled, "label")}. ${leftInWords(progress)}`}
        title={leftInWords(progress)}
      >
        <div className={classes.fill} style={{ width: `${share * 100}%` }} />
        {learned && <div key={learned.version} className={classes.pulse} />}
      </div>
      <a className={classes.quality} href="#/progress" data-testid="quality" title={qualityInWords(quality)}>
        {tellsSomething(quality) ? (
          <span className="numbers">
            <span className={classes.long}>Model right </span>
            <strong>{percent(quality.estimate)}</strong>{" "}
            <span>
              ({percent(quality.low)} to {percent(quality.high)})
            </span>
          </span>
        ) : (
          <span>Quality: too early to tell</span>
        )}
      </a>
    </div>
  );
}

/** The nearest goal decides: the verdict's own progress where there is a target, else what is counted. */
function shareOf(progress: Progress, counted: number): number {
  const towards = progress.budget === null && progress.target !== null ? progress.verdict.progress : 0;
  return Math.min(1, Math.max(counted, towards));
}
