import { Button, Skeleton } from "@mantine/core";
import { undo } from "../../actions";
import { ActionButton } from "../../ui/ActionButton";
import { Icon } from "../../ui/Icon";
import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";
import { qualityInWords, shownQuality } from "../../ui/words";
import { exportAddress } from "../../wire/client";
import classes from "./Finished.module.css";

/** Nothing more to ask: what was reached, and where to go from here. */
export function Finished({ reason }: { reason: string }) {
  const desk = useDesk();
  const progress = useStore(desk.progress);
  return (
    <div className={classes.finished} data-testid="finished">
      <span className={classes.seal}>
        <Icon name="accept" size={30} />
      </span>
      <h2 className={classes.title}>Nothing to ask right now</h2>
      <p className={classes.text}>{reason}</p>
      <p className={classes.text}>{qualityInWords(shownQuality(progress))}</p>
      <div className={classes.doors}>
        <Button onClick={() => desk.face.go("progress")}>See the progress</Button>
        <Button component="a" href={exportAddress("labels", "csv")} download variant="default">
          Export the labels
        </Button>
        <Button variant="default" onClick={() => desk.face.go("settings")}>
          Change the goal
        </Button>
      </div>
      <ActionButton action={undo} showKey />
    </div>
  );
}

export function Waiting({ away }: { away: boolean }) {
  return (
    <div className={classes.finished} data-testid="waiting" role="status">
      {away ? (
        <p className={classes.text}>The next question comes as soon as the server answers again.</p>
      ) : (
        <>
          <span className={classes.text}>Fetching the next question…</span>
          <Skeleton height={18} width={420} maw="80vw" />
          <Skeleton height={18} width={360} maw="70vw" />
        </>
      )}
    </div>
  );
}
