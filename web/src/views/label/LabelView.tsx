import { VisuallyHidden } from "@mantine/core";
import { useEffect, useRef } from "react";
import { flag, guidelines, next, previous, redo, skip, undo } from "../../actions";
import { ItemContent } from "../../kinds";
import type { Step } from "../../state/session";
import { ActionButton } from "../../ui/ActionButton";
import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";
import { useTyping } from "../../ui/useTyping";
import type { Question } from "../../wire/types";
import { Choices } from "./Choices";
import { ClassFinder } from "./ClassFinder";
import { Finished, Waiting } from "./Finished";
import classes from "./Label.module.css";
import { SkipMenu } from "./SkipMenu";
import { StatusLine } from "./StatusLine";
import { SuggestionLine } from "./SuggestionLine";
import { useLeadTime } from "./useLeadTime";
import { usePreloaded } from "./usePreloaded";
import { useSwipe } from "./useSwipe";
import { WhyLine } from "./WhyLine";

/** One question, large; the answers beneath it; and a way back. */
export function LabelView() {
  const desk = useDesk();
  const session = useStore(desk.session.state);
  const away = useStore(desk.connection.away);
  const question = desk.session.current;
  useLeadTime(desk.session.timer);
  usePreloaded(session.queue);
  if (!question && session.done !== null)
    return (
      <Frame>
        <Finished reason={session.done} />
      </Frame>
    );
  if (!question)
    return (
      <Frame>
        <Waiting away={away !== null} />
      </Frame>
    );
  return <Asked question={question} looked={desk.session.looked} turn={session.turn} />;
}

function Frame({ children }: { children: React.ReactNode }) {
  return (
    <div className={classes.view}>
      <StatusLine />
      <div className={classes.stage}>{children}</div>
    </div>
  );
}

function Asked({ question, looked, turn }: { question: Question; looked: Step | null; turn: number }) {
  const desk = useDesk();
  const typing = useTyping();
  const stage = useRef<HTMLElement>(null);
  const swipe = useSwipe();
  const { past } = useStore(desk.session.state);
  const last = past.at(-1) ?? null;

  // A new question takes the focus, so that keys act on it and screen readers read it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the turn is what makes it new
  useEffect(() => {
    desk.face.zoom.set(1);
    stage.current?.scrollTo?.({ top: 0 });
    const active = document.activeElement;
    if (!active || active === document.body || active.closest("[data-answers]"))
      stage.current?.focus({ preventScroll: true });
  }, [turn]);

  const own = looked ? looked.value : (question.previous ?? null);
  return (
    <div className={classes.view}>
      <StatusLine />
      <section
        ref={stage}
        className={classes.stage}
        tabIndex={-1}
        aria-label="Question"
        aria-describedby="asked"
        {...swipe}
      >
        <WhyLine question={question} />
        <div
          key={turn}
          id="asked"
          className={classes.question}
          data-testid="question"
          data-item={String(question.item)}
          data-query={question.query}
          data-kind={question.content.kind}
        >
          <div className={question.content.kind === "image" ? classes.picture : undefined}>
            <ItemContent key={question.item} content={question.content} name={String(question.item)} />
          </div>
          {question.content.meta.length > 0 && (
            <ul className={classes.meta}>
              {question.content.meta.map(({ name, value }) => (
                <li key={name} dir="auto">
                  {name}: {value}
                </li>
              ))}
            </ul>
          )}
        </div>
      </section>
      <div className={classes.dock}>
        {looked ? <LookedLine step={looked} /> : <SuggestionLine question={question} />}
        <div data-answers>{typing ? <ClassFinder own={own} /> : <Choices own={own} />}</div>
        <Tools question={question} />
        <LastLine step={looked ? null : last} />
      </div>
    </div>
  );
}

function Tools({ question }: { question: Question }) {
  return (
    <div className={classes.tools} role="toolbar" aria-label="Actions">
      <ActionButton action={previous} onlyIcon />
      <span className={classes.shrinks}>
        <ActionButton action={undo} showKey />
      </span>
      <span className={classes.wide}>
        <ActionButton action={redo} onlyIcon />
      </span>
      <span style={{ display: "inline-flex" }}>
        <ActionButton action={skip} showKey />
        <SkipMenu />
      </span>
      <span className={classes.shrinks}>
        <ActionButton
          action={flag}
          showKey
          on={question.flagged}
          label={question.flagged ? "Flagged" : "Flag"}
        />
        <ActionButton action={guidelines} showKey />
      </span>
      <ActionButton action={next} onlyIcon />
    </div>
  );
}

function LookedLine({ step }: { step: Step }) {
  return (
    <div className={classes.looked} role="status">
      <span>
        You {step.value === null ? "skipped this one" : `answered “${step.value}”`}. Choose a class to correct
        it.
      </span>
      <ActionButton action={next} label="Back" showKey />
    </div>
  );
}

function LastLine({ step }: { step: Step | null }) {
  return (
    <p className={classes.last} data-testid="last">
      {step && (
        <>
          Just now: {snippetOf(step)} <span aria-hidden="true">→</span>{" "}
          <strong>{step.value ?? (step.because ? `skipped, ${step.because}` : "skipped")}</strong>
        </>
      )}
      <VisuallyHidden role="status">{step ? spokenOf(step) : ""}</VisuallyHidden>
    </p>
  );
}

function snippetOf({ question: { content, item } }: Step): string {
  const row = content.fields.map(({ name, value }) => `${name}: ${value}`).join(" · ");
  const text = content.text ?? (row || String(item));
  return text.length > 48 ? `${text.slice(0, 46).trimEnd()}…` : text;
}

function spokenOf(step: Step): string {
  return step.value === null ? "Skipped." : `Answered ${step.value}.`;
}
