import { Button, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Connection } from "../state/connection";
import { DEFAULT_NAME, Desk, storedName, unnamedHere } from "../state/desk";
import { browserKeep } from "../state/storage";
import { theme, variables } from "../theme/theme";
import { DeskContext } from "../ui/useDesk";
import { Away, connect, Refused } from "../wire/client";
import finished from "./label/Finished.module.css";
import { Shell } from "./Shell";

const queries = new QueryClient({
  defaultOptions: { queries: { staleTime: 2000, retry: false, refetchOnWindowFocus: true } },
});

type Opening =
  | { state: "opening" }
  | { state: "shut"; text: string; mend: string }
  | { state: "open"; desk: Desk };

/** Opens the campaign, waiting for the server if it must, and puts the page on top of it. */
export function App() {
  const [opening, setOpening] = useState<Opening>({ state: "opening" });
  useEffect(() => openDesk(setOpening), []);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        {opening.state === "open" ? (
          <DeskContext.Provider value={opening.desk}>
            <Shell />
          </DeskContext.Provider>
        ) : (
          <Door opening={opening} />
        )}
      </QueryClientProvider>
    </MantineProvider>
  );
}

function openDesk(tell: (opening: Opening) => void): () => void {
  const wire = connect();
  const keep = browserKeep();
  const connection = new Connection();
  const name = storedName(keep);
  let closed = false;
  const attempt = async () => {
    try {
      let campaign = await wire.campaign(name.get() ?? DEFAULT_NAME);
      const unnamed = name.get() === null ? await unnamedHere(wire, keep, campaign) : DEFAULT_NAME;
      if (unnamed !== DEFAULT_NAME) campaign = await wire.campaign(unnamed);
      if (closed) return;
      stop();
      connection.reached();
      const desk = new Desk({ wire, keep, connection, campaign, name, unnamed });
      tell({ state: "open", desk });
      await desk.session.start();
    } catch (error) {
      if (closed) return;
      if (error instanceof Refused) tell({ state: "shut", text: error.message, mend: error.problem.mend });
      else if (error instanceof Away) {
        tell({ state: "shut", text: error.message, mend: error.mend || "Trying again by itself." });
        connection.lost(error);
      } else throw error;
    }
  };
  const stop = connection.onWake(() => void attempt());
  void attempt();
  return () => {
    closed = true;
    stop();
  };
}

function Door({ opening }: { opening: Opening }) {
  if (opening.state !== "shut") return null;
  return (
    <main className={finished.finished} style={{ height: "100dvh" }} role="status">
      <img src="./icon.svg" alt="" width={48} height={48} />
      <h1 className={finished.title}>The campaign cannot be opened yet</h1>
      <p className={finished.text}>
        {opening.text} {opening.mend}
      </p>
      <Button variant="default" onClick={() => window.location.reload()}>
        Try again
      </Button>
    </main>
  );
}
