import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const accent: MantineColorsTuple = [
  "#eef2fe",
  "#e6ebfb",
  "#c6d2f7",
  "#9db2ff",
  "#7590ec",
  "#5273dd",
  "#3b5fd2",
  "#2c4fc4",
  "#2443a8",
  "#1c3584",
];

/** Mantine's own greys, warmed to the paper; and its dark, of which 0 is ink, 6 raised and 7 the page. */
const gray: MantineColorsTuple = [
  "#f8f6f1",
  "#f1eee7",
  "#e9e5dc",
  "#e3ded4",
  "#cdc7bb",
  "#aea79a",
  "#8d867a",
  "#686a72",
  "#4d4f57",
  "#1d1e22",
];

const dark: MantineColorsTuple = [
  "#eceae4",
  "#b9bac2",
  "#9496a1",
  "#767b8a",
  "#363a45",
  "#2c2f38",
  "#1c1e24",
  "#131418",
  "#0e0f12",
  "#0a0b0d",
];

const RAISED = { content: { background: "var(--raised)" }, header: { background: "var(--raised)" } };

export const theme = createTheme({
  fontFamily: "var(--font-ui)",
  fontFamilyMonospace: "var(--font-code)",
  headings: { fontFamily: "var(--font-ui)", fontWeight: "620" },
  colors: { accent, gray, dark },
  primaryColor: "accent",
  primaryShade: { light: 7, dark: 3 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  defaultRadius: "md",
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Tooltip: { defaultProps: { openDelay: 450, withArrow: true, fz: "xs" } },
    Modal: {
      defaultProps: { centered: true, radius: "lg", overlayProps: { backgroundOpacity: 0.3, blur: 1 } },
      styles: RAISED,
    },
    Drawer: { styles: RAISED },
    Button: {
      styles: { root: { fontWeight: 560 } },
      vars: (_: unknown, { variant }: { variant?: string }) => ({
        root: variant === undefined || variant === "filled" ? { "--button-color": "var(--on-accent)" } : {},
      }),
    },
    Checkbox: { vars: () => ({ root: { "--checkbox-icon-color": "var(--on-accent)" } }) },
    SegmentedControl: { styles: { root: { background: "var(--sunk)" } } },
    Menu: {
      defaultProps: {
        transitionProps: { duration: 0 },
        shadow: "md",
        position: "bottom-end",
        withInitialFocusPlaceholder: false,
      },
    },
  },
});

/** Mantine's own parts take the tokens' colours. */
export const variables: CSSVariablesResolver = () => {
  const shared = {
    "--mantine-color-body": "var(--paper)",
    "--mantine-color-text": "var(--ink)",
    "--mantine-color-dimmed": "var(--ink-3)",
    "--mantine-color-placeholder": "var(--ink-3)",
    "--mantine-color-anchor": "var(--accent)",
    "--mantine-color-default": "var(--raised)",
    "--mantine-color-default-hover": "var(--sunk)",
    "--mantine-color-default-border": "var(--line)",
    "--mantine-color-default-color": "var(--ink)",
    "--mantine-color-error": "var(--bad)",
    "--mantine-primary-color-contrast": "var(--on-accent)",
  };
  return { variables: {}, light: shared, dark: shared };
};
