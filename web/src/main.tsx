import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/literata/opsz.css";
import "@mantine/core/styles.layer.css";
import "./theme/tokens.css";
import "./theme/global.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./views/App";

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
