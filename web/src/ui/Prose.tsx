import type { ReactNode } from "react";

/** Guidelines as people write them: headings, lists, **bold**, _italic_ and `code`; everything else is text. */
export function Prose({ text, className }: { text: string; className?: string }) {
  return (
    <div className={className} dir="auto">
      {blocksOf(text).map((block, at) => (
        <Block key={at} block={block} />
      ))}
    </div>
  );
}

export type BlockOf =
  | { kind: "heading"; level: number; text: string }
  | { kind: "list"; ordered: boolean; items: string[] }
  | { kind: "paragraph"; text: string };

const HEADING = /^(#{1,3})\s+(.*)$/;
const BULLET = /^\s*[-*+]\s+(.*)$/;
const NUMBER = /^\s*\d+[.)]\s+(.*)$/;

export function blocksOf(text: string): BlockOf[] {
  const blocks: BlockOf[] = [];
  let open = false; // whether the next plain line goes on with the block before
  for (const line of text.split(/\r?\n/)) {
    const last = blocks.at(-1);
    const heading = HEADING.exec(line);
    const bullet = BULLET.exec(line);
    const item = (bullet ?? NUMBER.exec(line))?.[1];
    if (line.trim() === "") open = false;
    else if (heading) {
      blocks.push({ kind: "heading", level: heading[1]?.length ?? 1, text: heading[2] ?? "" });
      open = false;
    } else if (item !== undefined) {
      const ordered = bullet === null;
      if (last?.kind === "list" && last.ordered === ordered) last.items.push(item);
      else blocks.push({ kind: "list", ordered, items: [item] });
      open = true;
    } else if (open && last?.kind === "paragraph") last.text += `\n${line}`;
    else if (open && last?.kind === "list") last.items.push(`${last.items.pop()} ${line.trim()}`);
    else {
      blocks.push({ kind: "paragraph", text: line });
      open = true;
    }
  }
  return blocks;
}

function Block({ block }: { block: BlockOf }) {
  if (block.kind === "paragraph") return <p style={{ whiteSpace: "pre-line" }}>{inline(block.text)}</p>;
  if (block.kind === "heading") {
    const Level = (["h2", "h3", "h4"] as const)[block.level - 1] ?? "h4";
    return <Level>{inline(block.text)}</Level>;
  }
  const List = block.ordered ? "ol" : "ul";
  return (
    <List>
      {block.items.map((item, at) => (
        <li key={at}>{inline(item)}</li>
      ))}
    </List>
  );
}

const MARKS = /(\*\*[^*\n]+\*\*|(?<!\w)_[^_\n]+_(?!\w)|(?<!\*)\*[^*\n]+\*(?!\*)|`[^`\n]+`)/;

function inline(text: string): ReactNode[] {
  return text.split(MARKS).map((part, at) => {
    if (at % 2 === 0) return part;
    if (part.startsWith("**")) return <strong key={at}>{part.slice(2, -2)}</strong>;
    if (part.startsWith("`")) return <code key={at}>{part.slice(1, -1)}</code>;
    return <em key={at}>{part.slice(1, -1)}</em>;
  });
}
