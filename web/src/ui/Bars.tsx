import classes from "./Bars.module.css";

export interface Bar {
  name: string;
  first: number;
  second?: number;
  text: string;
}

export interface BarsProps {
  bars: readonly Bar[];
  firstKey?: string;
  secondKey?: string;
  /** The figure that fills the width; the largest one unless given. */
  full?: number;
}

/** Lying bars, one a name; a second, hatched one beneath where there are two figures. */
export function Bars({ bars, firstKey, secondKey, full }: BarsProps) {
  const most = full ?? Math.max(1, ...bars.map(({ first }) => first));
  const mostSecond = Math.max(1, ...bars.map(({ second }) => second ?? 0));
  return (
    <>
      <dl className={classes.bars}>
        {bars.map(({ name, first, second, text }) => (
          <div key={name} className={classes.row}>
            <dt className={classes.name} dir="auto">
              {name}
            </dt>
            <dd style={{ margin: 0 }} aria-hidden="true">
              <div className={classes.tracks}>
                <div className={classes.fill} style={{ width: `${(first / most) * 100}%` }} />
                {second !== undefined && (
                  <div className={classes.second} style={{ width: `${(second / mostSecond) * 100}%` }} />
                )}
              </div>
            </dd>
            <dd className={classes.figure}>{text}</dd>
          </div>
        ))}
      </dl>
      {firstKey && (
        <p className={classes.keys}>
          <span>
            <i className={classes.fill} /> {firstKey}
          </span>
          {secondKey && (
            <span>
              <i className={classes.second} /> {secondKey}
            </span>
          )}
        </p>
      )}
    </>
  );
}
