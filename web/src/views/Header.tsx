import { Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { useEffect, useState } from "react";
import { destinations, help, palette } from "../actions";
import { VIEWS } from "../state/face";
import { ActionButton } from "../ui/ActionButton";
import buttonClasses from "../ui/ActionButton.module.css";
import { Icon } from "../ui/Icon";
import { useDesk } from "../ui/useDesk";
import { useStore } from "../ui/useStore";
import { learnerInWords } from "../ui/words";
import { ExportMenu } from "./ExportMenu";
import { NameButton } from "./NameButton";
import classes from "./Shell.module.css";

export function Header() {
  const desk = useDesk();
  const { title, settings } = useStore(desk.campaign);
  const view = useStore(desk.face.view);
  const name = settings.title || title || "querist";
  useEffect(() => {
    document.title = name;
  }, [name]);
  return (
    <header className={classes.header}>
      <div className={classes.left}>
        <a className={classes.brand} href="#/label">
          <img src="./icon.svg" alt="querist" />
          <h1 className={classes.title} dir="auto">
            {name}
          </h1>
        </a>
        <LearnerStatus />
      </div>
      <nav className={classes.nav} aria-label="Views">
        {destinations.map(({ id, title: destination, icon }, at) => (
          <a
            key={id}
            className={classes.tab}
            data-testid={id}
            href={`#/${VIEWS[at]}`}
            aria-current={VIEWS[at] === view ? "page" : undefined}
            aria-label={destination}
          >
            <Icon name={icon} size={16} />
            <span>{destination}</span>
          </a>
        ))}
      </nav>
      <div className={classes.side}>
        <Unsent />
        <NameButton />
        <ExportMenu />
        <span className={classes.wide}>
          <ActionButton action={palette} onlyIcon />
        </span>
        <SchemeMenu />
        <span className={classes.wide}>
          <ActionButton action={help} onlyIcon />
        </span>
      </div>
    </header>
  );
}

/** Shown only when something waits noticeably long; a moment's wait is no news. */
function Unsent() {
  const desk = useDesk();
  const entries = useStore(desk.outbox.entries);
  const waiting = entries.filter(({ refused }) => refused === null).length;
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (waiting === 0) return setLate(false);
    const timer = setTimeout(() => setLate(true), 800);
    return () => clearTimeout(timer);
  }, [waiting]);
  return (
    <span className={classes.unsent} role="status" data-testid="unsent" data-count={waiting}>
      {late && waiting > 0 && (
        <>
          {waiting}
          <span> unsent</span>
        </>
      )}
    </span>
  );
}

/** What the learner does right now; a new model says so for a moment. */
function LearnerStatus() {
  const desk = useDesk();
  const { learner } = useStore(desk.progress);
  const away = useStore(desk.connection.away) !== null;
  const learned = useStore(desk.learned);
  const [news, setNews] = useState<string | null>(null);
  useEffect(() => {
    if (!learned) return;
    setNews(learned.version);
    const timer = setTimeout(() => setNews(null), 4500);
    return () => clearTimeout(timer);
  }, [learned]);
  const busy = !away && learner.phase !== "idle" && learner.phase !== "failed" && learner.phase !== "waiting";
  const fresh = !away && news !== null && learned !== null;
  return (
    <span
      className={classes.learner}
      role="status"
      data-testid="learner"
      data-phase={away ? "away" : learner.phase}
      data-version={learner.version ?? ""}
      data-busy={busy || undefined}
      data-news={fresh || undefined}
      title={learner.note || `Model ${learner.version ?? "none yet"}`}
    >
      <span className={classes.dot} />
      <span>{away ? "not connected" : fresh ? "queue reordered" : learnerInWords(learner)}</span>
    </span>
  );
}

function SchemeMenu() {
  const desk = useDesk();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const schemes = [
    ["auto", "As the system"],
    ["light", "Light"],
    ["dark", "Dark"],
  ] as const;
  return (
    <Menu>
      <Menu.Target>
        <UnstyledButton className={buttonClasses.button} data-only-icon aria-label="Light or dark">
          <Icon name={colorScheme === "dark" ? "dark" : "light"} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {schemes.map(([scheme, label]) => (
          <Menu.Item
            key={scheme}
            leftSection={
              <span style={{ width: 16 }}>{scheme === colorScheme && <Icon name="accept" size={15} />}</span>
            }
            onClick={() => setColorScheme(scheme)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="help" size={16} />} onClick={() => desk.face.open("help")}>
          Keys
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
