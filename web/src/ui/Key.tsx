import { capsOf, spoken } from "../actions";
import classes from "./Key.module.css";

/** A key as it looks on the keyboard. `quiet` ones are only a hint, and leave touch screens alone. */
export function Key({ of, quiet = true }: { of: string; quiet?: boolean }) {
  return (
    <span
      className={classes.keys}
      data-quiet={quiet || undefined}
      aria-hidden={quiet || undefined}
      title={spoken(of)}
    >
      {capsOf(of).map((cap, at) => (
        <kbd key={at} className={classes.cap}>
          {cap}
        </kbd>
      ))}
    </span>
  );
}
