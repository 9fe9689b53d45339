import type { Progress } from "./types";

export interface Live {
  close(): void;
}

/** Follows the server's progress; the browser reconnects by itself, `onState` says when it is up or down. */
export function follow(
  onProgress: (progress: Progress) => void,
  onState: (up: boolean) => void,
  by: string,
): Live {
  if (typeof EventSource === "undefined") return { close: () => undefined };
  let source: EventSource | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource(`/api/events?annotator=${encodeURIComponent(by)}`); // it can send no header
    source.addEventListener("open", () => onState(true));
    source.addEventListener("error", () => {
      onState(false);
      if (source?.readyState === EventSource.CLOSED) again = setTimeout(open, 3000);
    });
    source.addEventListener("progress", (event) => {
      try {
        onProgress(JSON.parse((event as MessageEvent<string>).data) as Progress);
      } catch {
        // a line cut short by a restart: the next one will be whole
      }
    });
  };
  open();
  return {
    close() {
      clearTimeout(again);
      source?.close();
    },
  };
}
