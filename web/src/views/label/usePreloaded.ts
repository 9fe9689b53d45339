import { useEffect, useRef } from "react";
import type { Question } from "../../wire/types";

/** Fetches the pictures of the questions behind the one on the screen, so that the eye never waits. */
export function usePreloaded(queue: readonly Question[]): void {
  const held = useRef(new Map<string, HTMLImageElement>());
  useEffect(() => {
    const wanted = new Set(queue.flatMap(({ content }) => (content.url ? [content.url] : [])));
    for (const url of held.current.keys()) if (!wanted.has(url)) held.current.delete(url);
    for (const url of wanted) {
      if (held.current.has(url)) continue;
      const image = new Image();
      image.src = url;
      held.current.set(url, image);
    }
  }, [queue]);
}
