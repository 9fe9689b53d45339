import type { ComponentType } from "react";
import type { Content } from "../wire/types";
import { ImageItem } from "./Image";
import { RowItem } from "./Row";
import { TextItem } from "./Text";

/** How each kind of item is shown; a new kind is one file and one line. */
const KINDS: Record<Content["kind"], ComponentType<{ content: Content; name: string }>> = {
  text: TextItem,
  image: ImageItem,
  row: RowItem,
};

export function ItemContent({ content, name }: { content: Content; name: string }) {
  const Kind = KINDS[content.kind];
  return <Kind content={content} name={name} />;
}
