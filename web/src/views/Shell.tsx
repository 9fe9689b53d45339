import { UnstyledButton } from "@mantine/core";
import { lazy, type ReactNode, Suspense } from "react";
import type { View } from "../state/face";
import { useDesk } from "../ui/useDesk";
import { useStore } from "../ui/useStore";
import { Header } from "./Header";
import { LabelView } from "./label/LabelView";
import { NameStrip } from "./NameButton";
import { NoticeList } from "./NoticeList";
import classes from "./Shell.module.css";
import { Sheets } from "./sheets/Sheets";
import { useKeys } from "./useKeys";
import { useLive } from "./useLive";

const ProgressView = lazy(() => import("./progress/ProgressView"));
const AnswersView = lazy(() => import("./answers/AnswersView"));
const SettingsView = lazy(() => import("./settings/SettingsView"));

const BODIES: Record<View, () => ReactNode> = {
  label: () => <LabelView />,
  progress: () => <ProgressView />,
  answers: () => <AnswersView />,
  settings: () => <SettingsView />,
};

/** The frame around every view: header, banner, keys, sheets and notices. */
export function Shell() {
  const desk = useDesk();
  const view = useStore(desk.face.view);
  useKeys(desk);
  useLive(desk);
  return (
    <div className={classes.shell}>
      <Header />
      <div>
        <AwayBanner />
        <NameStrip />
      </div>
      <main className={classes.main}>
        <Suspense fallback={null}>{BODIES[view]()}</Suspense>
      </main>
      <Sheets />
      <NoticeList />
    </div>
  );
}

/** Calm: nothing is lost, and the questions at hand can go on being answered. */
function AwayBanner() {
  const desk = useDesk();
  const away = useStore(desk.connection.away);
  const full = useStore(desk.outbox.storageFull);
  const { queue } = useStore(desk.session.state);
  if (!away && !full) return null;
  return (
    <div className={classes.banner} role="status" data-testid="away">
      {full && (
        <span>
          The browser has no room left to keep unsent answers: leave this page open until they are sent.
        </span>
      )}
      {away && (
        <>
          <span>
            {away.message} {away.mend} Your answers are kept here and sent as soon as it is back.
            {queue.length > 0 && " You can go on."}
          </span>
          <UnstyledButton onClick={() => desk.connection.wake()} fz="inherit">
            Try now
          </UnstyledButton>
        </>
      )}
    </div>
  );
}
