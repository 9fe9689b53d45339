import { Button, Group, Popover, Select, Textarea, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ItemContent } from "../../kinds";
import type { Desk } from "../../state/desk";
import buttonClasses from "../../ui/ActionButton.module.css";
import { ActionIconButton } from "../../ui/ActionIconButton";
import { Icon } from "../../ui/Icon";
import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";
import { ago } from "../../ui/words";
import { Refused } from "../../wire/client";
import type { Answer } from "../../wire/types";
import classes from "./Answers.module.css";

/** One answer: what it was of, what was said, by whom; open it, correct it, flag it. */
export function AnswerRow({ answer }: { answer: Answer }) {
  const desk = useDesk();
  const [open, setOpen] = useState(false);
  return (
    <li className={classes.answer} data-testid="answer" data-item={String(answer.item)}>
      <div className={classes.row}>
        <UnstyledButton className={classes.open} aria-expanded={open} onClick={() => setOpen(!open)}>
          {answer.url && <img src={answer.url} alt="" loading="lazy" />}
          <span>
            <span className={classes.snippet} dir="auto">
              {answer.snippet || String(answer.item)}
            </span>
            {answer.made && <span className={classes.comment}>Made for the question</span>}
            {answer.comment && <span className={classes.comment}>Flagged: {answer.comment}</span>}
          </span>
        </UnstyledButton>
        <ValueCell answer={answer} />
        <span className={classes.who}>
          <strong dir="auto">{answer.by ?? "nobody"}</strong>
          <br />
          {ago(answer.at)}
          {answer.seconds !== null && `, ${answer.seconds.toFixed(1)} s`}
        </span>
        <span className={classes.buttons}>
          <FlagButton answer={answer} />
          <ActionIconButton icon="undo" label="Open it again" onClick={() => void reopen(desk, answer)} />
        </span>
      </div>
      {open && <Whole answer={answer} />}
    </li>
  );
}

/** Takes the answer back and puts its question on the screen. */
async function reopen(desk: Desk, answer: Answer): Promise<void> {
  try {
    await desk.outbox.pump();
    const { question, progress } = await desk.wire.retract(desk.by, answer.item);
    desk.heard(progress);
    if (!question) {
      desk.notices.say("The answer was taken back, but its question is not open for you now.");
      return;
    }
    desk.session.bringBack({ ...question, previous: question.previous ?? answer.value });
    desk.face.go("label");
  } catch (error) {
    const mend = error instanceof Refused ? error.problem.mend : "Try again when the server is back.";
    desk.notices.say(error instanceof Error ? error.message : String(error), { tone: "bad", detail: mend });
  }
}

function ValueCell({ answer }: { answer: Answer }) {
  const desk = useDesk();
  const { classes: known } = useStore(desk.campaign);
  const entries = useStore(desk.outbox.entries);
  const [editing, setEditing] = useState(false);
  const corrected = entries
    .map(({ parcel }) => parcel)
    .findLast((parcel) => parcel.kind === "correct" && parcel.item === answer.item);
  const value = corrected?.kind === "correct" ? corrected.value : answer.value;
  if (editing)
    return (
      <Select
        aria-label="The right class"
        data={known.map(({ name }) => name)}
        value={value}
        searchable
        autoFocus
        defaultDropdownOpened
        onChange={(chosen) => {
          if (chosen !== null && chosen !== value)
            desk.outbox.put({ kind: "correct", item: answer.item, value: chosen }, desk.by);
          setEditing(false);
        }}
        onBlur={() => setEditing(false)}
      />
    );
  const differs = answer.predicted !== null && value !== null && answer.predicted !== value;
  return (
    <span>
      <UnstyledButton
        className={classes.value}
        data-testid="correct"
        data-none={value === null || undefined}
        title="Correct it"
        onClick={() => setEditing(true)}
      >
        <span dir="auto">
          {value ?? (answer.because === null ? "no label" : `skipped${because(answer)}`)}
        </span>
        <Icon name="chevron" size={14} />
      </UnstyledButton>
      {answer.others.length > 0 && <span className={classes.model}>{othersInWords(answer)}</span>}
      {differs && <span className={classes.model}>the model says {answer.predicted}</span>}
    </span>
  );
}

/** How many say so, and who says what else. */
function othersInWords({ answers, others }: Answer): string {
  const said = others.map(({ by, value }) => `${by ?? "somebody"} says ${value}`);
  return `${answers - others.length} of ${answers}; ${said.join(", ")}`;
}

function because({ because: cause }: Answer): string {
  return cause ? `: ${cause}` : "";
}

function FlagButton({ answer }: { answer: Answer }) {
  const desk = useDesk();
  const [open, setOpen] = useState(false);
  const [comment, setComment] = useState(answer.comment);
  const set = (flagged: boolean) => {
    desk.session.flag(answer.item, flagged, flagged ? comment.trim() : "");
    setOpen(false);
  };
  const label = answer.flagged ? "Flagged; change it" : "Flag it";
  return (
    <Popover opened={open} onChange={setOpen} trapFocus position="bottom-end" shadow="md" width={280}>
      <Popover.Target>
        <UnstyledButton
          className={buttonClasses.button}
          data-only-icon
          data-on={answer.flagged || undefined}
          aria-label={label}
          title={label}
          onClick={() => setOpen(!open)}
        >
          <Icon name="flag" />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Textarea
          label="What should somebody look at?"
          autosize
          minRows={2}
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
        />
        <Group justify="flex-end" gap="xs" mt="sm">
          {answer.flagged && (
            <Button size="xs" variant="default" onClick={() => set(false)}>
              Take away
            </Button>
          )}
          <Button size="xs" onClick={() => set(true)}>
            {answer.flagged ? "Save" : "Flag"}
          </Button>
        </Group>
      </Popover.Dropdown>
    </Popover>
  );
}

function Whole({ answer }: { answer: Answer }) {
  const desk = useDesk();
  const { data, isError } = useQuery({
    queryKey: ["item", answer.item],
    queryFn: () => desk.wire.item(desk.by, answer.item),
    staleTime: 600_000,
  });
  return (
    <div className={classes.whole} data-kind={data?.kind}>
      {isError && <p>The item could not be fetched.</p>}
      {data && <ItemContent content={data} name={String(answer.item)} />}
    </div>
  );
}
