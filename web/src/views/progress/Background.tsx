import { Button } from "@mantine/core";
import { useState } from "react";
import { Card } from "../../ui/Page";
import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";
import { count, learnerInWords } from "../../ui/words";
import { Away, Refused } from "../../wire/client";
import type { Learner } from "../../wire/types";
import classes from "./Progress.module.css";

/** A model that takes its time: how far it is, and the switch that stops it or lets it train. */
export function Background() {
  const desk = useDesk();
  const { background } = useStore(desk.progress);
  const [asked, setAsked] = useState(false);
  if (!background) return null;
  const on = background.phase !== "stopped";
  const train = async () => {
    setAsked(true);
    try {
      desk.heard(await desk.wire.train(desk.by, !on));
    } catch (error) {
      if (error instanceof Refused || error instanceof Away)
        desk.notices.say(error.message, { tone: "bad", detail: "" });
      else throw error;
    } finally {
      setAsked(false);
    }
  };
  return (
    <Card
      wide
      title="The model in the background"
      lead="It takes longer to train than you take to answer. Until it is ready, a quick model in its place orders the questions."
    >
      <p className={classes.background} data-testid="background" data-phase={background.phase}>
        <strong>{sentenceOf(background)}</strong>
        {background.note && <span>{background.note}</span>}
      </p>
      {background.fraction !== null && (
        <div
          className={classes.way}
          role="progressbar"
          aria-label="How far the training is"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(background.fraction * 100)}
          aria-valuetext={learnerInWords(background)}
        >
          <i style={{ width: `${100 * background.fraction}%` }} />
        </div>
      )}
      <Button variant="default" mt="md" loading={asked} onClick={() => void train()} data-testid="train">
        {switchOf(background)}
      </Button>
    </Card>
  );
}

function switchOf({ phase }: Learner): string {
  if (phase === "stopped") return "Train again";
  return phase === "idle" || phase === "waiting" ? "Pause training" : "Stop training";
}

function sentenceOf(background: Learner): string {
  const words = learnerInWords(background);
  const sentence = words.charAt(0).toUpperCase() + words.slice(1);
  const known = background.version && background.phase !== "idle";
  return known ? `${sentence} The last one learned from ${count(background.labels, "label")}.` : sentence;
}
