import { UnstyledButton } from "@mantine/core";
import { why as whyAction } from "../../actions";
import { letGo } from "../../ui/ActionButton";
import { Icon } from "../../ui/Icon";
import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";
import { count } from "../../ui/words";
import type { Question, Why } from "../../wire/types";
import classes from "./Lines.module.css";

const ARMS: Record<Why["arm"], string> = {
  active: "chosen by the model",
  random: "drawn at random",
  overlap: "a second opinion",
  reopened: "opened again",
};

/** Why this item is asked: a sentence, and the figures on demand. */
export function WhyLine({ question }: { question: Question }) {
  const desk = useDesk();
  const open = useStore(desk.face.why);
  const { why, flagged, comment, made } = question;
  return (
    <div className={classes.why} data-testid="why" data-arm={why.arm}>
      <UnstyledButton
        className={classes.whyButton}
        aria-expanded={open}
        aria-controls="why-details"
        onClick={(event) => {
          whyAction.perform(desk);
          letGo(event);
        }}
      >
        <span className={classes.arm} data-arm={why.arm} title={ARMS[why.arm]} />
        <span>{why.text || `This item was ${ARMS[why.arm]}.`}</span>
        <Icon name="why" size={15} />
      </UnstyledButton>
      {made && (
        <span
          className={classes.made}
          data-testid="made"
          title="No item of your data: put together for this question. Skip it as “cannot be labelled” if it is none that could be."
        >
          Made for this question
        </span>
      )}
      {flagged && (
        <span className={classes.flagged} title={comment || undefined}>
          <Icon name="flag" size={15} /> {comment ? `“${comment.slice(0, 60)}”` : "flagged"}
        </span>
      )}
      {open && <Details why={why} />}
    </div>
  );
}

function Details({ why }: { why: Why }) {
  const desk = useDesk();
  const { learner } = useStore(desk.progress);
  const lot = why.arm === "random"; // a lot has no score and no place, only a chance
  const figures: [string, string | null][] = [
    ["How", ARMS[why.arm]],
    ["Strategy", why.strategy || null],
    ["Score", lot || why.score === null ? null : why.score.toPrecision(3)],
    ["Place in the queue", lot || why.rank === null ? null : String(why.rank)],
    ["Probability", why.probability === null ? null : why.probability.toPrecision(2)],
    ["Model", why.model === null ? "none yet" : `${why.model}${why.quick ? " (quick stand-in)" : ""}`],
    ["Model in force", learner.version ? `${learner.version}, ${count(learner.labels, "label")}` : null],
  ];
  return (
    <dl id="why-details" className={classes.details}>
      {figures.map(([name, value]) =>
        value === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
