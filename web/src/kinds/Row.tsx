import type { Content } from "../wire/types";
import classes from "./Row.module.css";

/** A row as a list of names and values. */
export function RowItem({ content }: { content: Content }) {
  return (
    <dl className={classes.row}>
      {content.fields.map(({ name, value }) => (
        <div key={name} className={classes.pair}>
          <dt className={classes.name}>{name}</dt>
          <dd className={classes.value} dir="auto">
            {value === "" ? <span className={classes.missing}>missing</span> : value}
          </dd>
        </div>
      ))}
    </dl>
  );
}
