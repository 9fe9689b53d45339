import { Card, Nothing } from "../../ui/Page";
import { ago, duration, percent } from "../../ui/words";
import type { Dashboard, ModelPoint } from "../../wire/types";
import classes from "./Progress.module.css";

export function Models({ models }: { models: readonly ModelPoint[] }) {
  const newest = [...models].reverse().slice(0, 8);
  return (
    <Card
      title="Models"
      lead="Each training, newest first. “Unchanged” is the share of all items whose predicted class stayed the same: when it comes close to 100 %, more labels change little."
    >
      {newest.length === 0 ? (
        <Nothing>No model yet: it needs labels of at least two classes.</Nothing>
      ) : (
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Labels</th>
                <th scope="col">Unchanged</th>
                <th scope="col">Took</th>
                <th scope="col">When</th>
              </tr>
            </thead>
            <tbody>
              {newest.map(({ version, labels, stability, seconds, at }) => (
                <tr key={version} title={`model ${version}`}>
                  <td>{labels}</td>
                  <td>{stability === null ? "first model" : percent(stability, 1)}</td>
                  <td>{seconds === null ? "" : `${seconds.toFixed(1)} s`}</td>
                  <td>{ago(at)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

type Rows = Dashboard["annotators"];

const NAMES: Record<string, string> = {
  by: "Name",
  annotator: "Name",
  name: "Name",
  answers: "Answers",
  labels: "Labels",
  skips: "Skips",
  skipped: "Skips",
  flags: "Flags",
  seconds: "Time each",
  median_seconds: "Time each",
  agreement: "Agreement",
  today: "Today",
  last: "Last seen",
  at: "Last seen",
};

/** Whatever the server tells of the annotators, in its own order. */
export function Annotators({ rows }: { rows: Rows }) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return (
    <Card wide title="Who answered">
      {rows.length === 0 ? (
        <Nothing>Nobody yet.</Nothing>
      ) : (
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column} scope="col">
                    {NAMES[column] ?? column.replaceAll("_", " ")}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, at) => (
                <tr key={at}>
                  {columns.map((column) => (
                    <td key={column} dir="auto">
                      {cell(column, row[column])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function cell(column: string, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  if (column.endsWith("seconds")) return value < 10 ? `${value.toFixed(1)} s` : duration(value);
  if (NAMES[column] === "Last seen") return ago(value);
  if (column.endsWith("agreement")) return percent(value);
  return Number.isInteger(value) ? value.toLocaleString("en") : value.toFixed(2);
}
