import type { Content } from "../wire/types";
import classes from "./Row.module.css";

const MANY = 8;
const SHORT = 40;

/** A row as a list of names and values; many short ones stand in two columns, so that all are seen at once. */
export function RowItem({ content }: { content: Content }) {
  const many = content.fields.length > MANY && content.fields.every(({ value }) => value.length <= SHORT);
  return (
    <dl className={classes.row} data-many={many || undefined}>
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
