import { Button, CloseButton } from "@mantine/core";
import { useDesk } from "../ui/useDesk";
import { useStore } from "../ui/useStore";
import classes from "./Shell.module.css";

export function NoticeList() {
  const { notices } = useDesk();
  const shown = useStore(notices.shown);
  return (
    <section className={classes.notices} aria-label="Notices" aria-live="polite">
      {shown.map((notice) => (
        <div key={notice.id} className={classes.notice} data-tone={notice.tone} data-testid="notice">
          <CloseButton
            size="sm"
            style={{ float: "right" }}
            aria-label="Put away"
            onClick={() => notices.close(notice.id)}
          />
          <p dir="auto">{notice.text}</p>
          {notice.detail && <p className={classes.detail}>{notice.detail}</p>}
          {notice.choices.length > 0 && (
            <div className={classes.choices}>
              {notice.choices.map(({ label, perform }, at) => (
                <Button
                  key={label}
                  size="xs"
                  variant={at === 0 ? "filled" : "default"}
                  onClick={() => {
                    perform();
                    notices.close(notice.id);
                  }}
                >
                  {label}
                </Button>
              ))}
            </div>
          )}
        </div>
      ))}
    </section>
  );
}
