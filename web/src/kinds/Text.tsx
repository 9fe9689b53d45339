import type { Content } from "../wire/types";
import classes from "./Text.module.css";

/** A text in a readable measure; its own line breaks and its own direction are kept. */
export function TextItem({ content }: { content: Content }) {
  const text = content.text ?? "";
  const length = text.length <= 140 ? "short" : text.length <= 480 ? "middle" : "long";
  return (
    <div className={classes.text} dir="auto" data-length={length}>
      {text || <em>(an empty text)</em>}
    </div>
  );
}
