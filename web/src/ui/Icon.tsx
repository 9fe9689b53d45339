import type { IconName } from "../actions";

/** Drawn on a grid of 24, in one stroke width. */
const PATHS: Record<IconName, string> = {
  accept: "M5 12.5 10 17.5 19.5 7",
  answers: "M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01",
  back: "M15 5.5 8.5 12 15 18.5",
  bright:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  chevron: "M6.5 9.5 12 15l5.5-5.5",
  class: "M12 5.5v13M5.5 12h13",
  close: "M6 6l12 12M18 6 6 18",
  dark: "M19.5 14.2A8 8 0 1 1 9.8 4.5a6.4 6.4 0 0 0 9.7 9.7Z",
  export: "M12 4v11M7.5 11 12 15.5 16.5 11M5 19.5h14",
  flag: "M6 21V4.5M6 5h11.5l-2.6 4 2.6 4H6",
  forward: "M9 5.5 15.5 12 9 18.5",
  guidelines:
    "M12 6.5C10 5 7.5 4.6 4 4.8v13.4c3.5-.2 6 .2 8 1.8 2-1.6 4.5-2 8-1.8V4.8c-3.5-.2-6 .2-8 1.7ZM12 6.5V20",
  help: "M9.2 9.3a2.9 2.9 0 1 1 4.1 2.8c-.9.5-1.3 1-1.3 2M12 17h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  label: "M4 6.5h16M4 12h10M4 17.5h6M15 17l2 2 4-4.5",
  light: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 3v18M12 7.5h6.5M12 12h8.5M12 16.5h6.5",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  palette: "M4 6.5h16M4 12h16M4 17.5h9M18 15.5v4M16 17.5h4",
  progress: "M4 19.5h16M5 15.5l4.5-5 4 3L20 5.5",
  redo: "M15.5 5 20 9.5 15.5 14M20 9.5h-9.5a5.5 5.5 0 0 0 0 11H13",
  search: "M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12ZM15 15l5 5",
  send: "M12 20V7M6.5 12 12 6.5 17.5 12M6 3.5h12",
  settings: "M4 7h9M17 7h3M15 5v4M4 12h3M11 12h9M9 10v4M4 17h9M17 17h3M15 15v4",
  skip: "M5 6.5 12 12l-7 5.5ZM12 6.5 19 12l-7 5.5ZM20 6v12",
  spark: "M12 3.5c.6 4.8 3 7.5 8 8.5-5 1-7.4 3.7-8 8.5-.6-4.8-3-7.5-8-8.5 5-1 7.4-3.7 8-8.5Z",
  undo: "M8.5 5 4 9.5 8.5 14M4 9.5h9.5a5.5 5.5 0 0 1 0 11H11",
  why: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 11v5.5M12 7.7h.01",
  zoom: "M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12ZM15 15l5 5M8 10.5h5M10.5 8v5",
};

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.7}
      strokeLinecap="round"
      strokeLinejoin="round"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
