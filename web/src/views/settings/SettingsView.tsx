import { Button, NumberInput, SegmentedControl, Slider, Switch, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";
import { newClass } from "../../actions";
import type { Desk } from "../../state/desk";
import { ActionButton } from "../../ui/ActionButton";
import { Card, Page } from "../../ui/Page";
import { Prose } from "../../ui/Prose";
import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";
import { percent } from "../../ui/words";
import { Away, Refused } from "../../wire/client";
import type { Settings } from "../../wire/types";
import prose from "../sheets/Sheets.module.css";
import { changesOf, type Draft, draftOf } from "./changes";
import classes from "./Settings.module.css";
import type { Schedule } from "./schedule";

type Change = (changes: Partial<Draft>) => void;

const number = (value: string | number): number | "" => (typeof value === "number" ? value : "");

/** What the campaign is about and how it asks. */
export default function SettingsView() {
  const desk = useDesk();
  const { settings } = useStore(desk.campaign);
  const [edits, setEdits] = useState<Partial<Draft>>({}); // what others change meanwhile shows, and stays
  const draft: Draft = { ...draftOf(settings), ...edits };
  const [saving, setSaving] = useState(false);
  useEffect(() => void desk.refresh(), [desk]);
  const changes = changesOf(draft, settings);
  const dirty = Object.keys(changes).length;
  const change: Change = (some) => setEdits((now) => ({ ...now, ...some }));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setSaving(true);
    await save(desk, changes);
    setSaving(false);
    setEdits({});
  };
  return (
    <Page title="Settings" narrow>
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        <AboutCard draft={draft} change={change} />
        <ClassesCard draft={draft} change={change} />
        <GoalCard draft={draft} change={change} />
        <AskingCard draft={draft} change={change} settings={settings} />
        <DisplayCard />
        {dirty > 0 && (
          <div className={classes.save} role="status">
            <span>Not saved yet.</span>
            <Button variant="default" onClick={() => setEdits({})}>
              As before
            </Button>
            <Button type="submit" loading={saving} data-testid="settings-save">
              Save
            </Button>
          </div>
        )}
      </form>
    </Page>
  );
}

async function save(desk: Desk, changes: ReturnType<typeof changesOf>): Promise<void> {
  try {
    await desk.wire.changeSettings(desk.by, changes);
    await desk.refresh();
    desk.notices.say("Saved.", { tone: "good" });
  } catch (error) {
    const mend = error instanceof Refused ? error.problem.mend : "Nothing was changed; try again later.";
    if (error instanceof Away) desk.connection.lost(error);
    desk.notices.say(error instanceof Error ? error.message : String(error), { tone: "bad", detail: mend });
  }
}

function AboutCard({ draft, change }: { draft: Draft; change: Change }) {
  const [preview, setPreview] = useState(false);
  return (
    <Card title="What it is about">
      <div className={classes.fields}>
        <TextInput
          label="Title"
          value={draft.title}
          maxLength={200}
          dir="auto"
          onChange={(event) => change({ title: event.currentTarget.value })}
        />
        <div>
          {preview ? (
            <>
              <span className={classes.label}>Guidelines</span>
              <div className={classes.preview}>
                <Prose className={prose.prose} text={draft.guidelines || "Nothing written yet."} />
              </div>
            </>
          ) : (
            <Textarea
              label="Guidelines"
              description="One key away from every question (h). # makes a heading, - a list, ** bold."
              autosize
              minRows={5}
              maxRows={22}
              maxLength={100_000}
              dir="auto"
              value={draft.guidelines}
              onChange={(event) => change({ guidelines: event.currentTarget.value })}
            />
          )}
          <Button mt="xs" size="compact-sm" variant="subtle" onClick={() => setPreview(!preview)}>
            {preview ? "Go on writing" : "See how it looks"}
          </Button>
        </div>
      </div>
    </Card>
  );
}

function ClassesCard({ draft, change }: { draft: Draft; change: Change }) {
  const desk = useDesk();
  const { classes: known, settings } = useStore(desk.campaign);
  const described = draft.class_descriptions;
  return (
    <Card title="Classes" lead="A short description stands under the name and in the guidelines.">
      <div className={classes.fields}>
        {known.map(({ name }) => (
          <div key={name} className={classes.class}>
            <span dir="auto">{name}</span>
            <TextInput
              aria-label={`Description of ${name}`}
              placeholder="What belongs here"
              dir="auto"
              value={described[name] ?? ""}
              onChange={(event) =>
                change({ class_descriptions: { ...described, [name]: event.currentTarget.value } })
              }
            />
          </div>
        ))}
        {settings.open_classes && (
          <div>
            <ActionButton action={newClass} />
          </div>
        )}
      </div>
    </Card>
  );
}

function GoalCard({ draft, change }: { draft: Draft; change: Change }) {
  return (
    <Card title="Goal" lead="Leave a field empty where there is no such goal.">
      <div className={classes.pair}>
        <NumberInput
          label="Target quality"
          description="Stop when the model is surely this often right."
          suffix=" %"
          min={1}
          max={99.9}
          decimalScale={1}
          value={draft.target}
          onChange={(value) => change({ target: number(value) })}
        />
        <NumberInput
          label="Budget"
          description="Stop after so many labels in any case."
          min={1}
          allowDecimal={false}
          value={draft.budget}
          onChange={(value) => change({ budget: number(value) })}
        />
      </div>
    </Card>
  );
}

function AskingCard({ draft, change, settings }: { draft: Draft; change: Change; settings: Settings }) {
  return (
    <Card title="How it asks" lead={`The strategy is “${settings.strategy}”.`}>
      <div className={classes.fields}>
        <Exploration
          schedule={draft.random}
          now={settings.random_now}
          change={(random) => change({ random: { ...draft.random, ...random } })}
        />
        <Share
          id="hide-share"
          label="Hidden suggestions"
          hint="The share of questions without a suggestion, to see how much suggestions sway."
          value={draft.hide_share}
          change={(hide_share) => change({ hide_share })}
        />
        <NumberInput
          label="People for each item"
          description="With 2 or more, that many people answer each item, unseen by one another."
          min={1}
          max={50}
          allowDecimal={false}
          styles={{ wrapper: { width: 220 } }}
          value={draft.overlap}
          onChange={(value) => change({ overlap: number(value) || 1 })}
        />
        <div>
          <span className={classes.label} id="skipped-label">
            Skipped items <span className={classes.hint}>What happens to an item that somebody skipped.</span>
          </span>
          <SegmentedControl
            aria-labelledby="skipped-label"
            data={[
              { value: "out", label: "stay out" },
              { value: "others", label: "go to others" },
              { value: "back", label: "come back" },
            ]}
            value={draft.skipped}
            onChange={(skipped) => change({ skipped: skipped as Settings["skipped"] })}
          />
        </div>
      </div>
    </Card>
  );
}

interface ExplorationProps {
  schedule: Schedule;
  now: number;
  change: (schedule: Partial<Schedule>) => void;
}

function Exploration({ schedule, now, change }: ExplorationProps) {
  const { falls, first, least, over } = schedule;
  return (
    <div className={classes.fields}>
      <Share
        id="random-share"
        label={falls === "never" ? "Random questions" : "Random questions at first"}
        hint="The share that is drawn at random. It measures the quality; without it there is no honest figure."
        value={first}
        change={(share) => change({ first: share })}
      />
      <div>
        <span className={classes.label} id="falls-label">
          As labels come
          <span className={classes.hint}>
            Explore much at first and rely on the model later: just now it is {percent(now)}.
          </span>
        </span>
        <SegmentedControl
          aria-labelledby="falls-label"
          data={[
            { value: "never", label: "it stays" },
            { value: "line", label: "it falls steadily" },
            { value: "root", label: "it falls fast at first" },
          ]}
          value={falls}
          onChange={(value) => change({ falls: value as Schedule["falls"] })}
        />
      </div>
      {falls !== "never" && (
        <div className={classes.pair}>
          <NumberInput
            label="Down to"
            suffix=" %"
            min={0}
            max={100 * first}
            value={Math.round(1000 * least) / 10}
            onChange={(value) => change({ least: (number(value) || 0) / 100 })}
          />
          {falls === "line" && (
            <NumberInput
              label="At so many labels"
              min={1}
              allowDecimal={false}
              value={over}
              onChange={(value) => change({ over: number(value) || 1 })}
            />
          )}
        </div>
      )}
    </div>
  );
}

interface ShareProps {
  id: string;
  label: string;
  hint: string;
  value: number;
  change: (share: number) => void;
}

function Share({ id, label, hint, value, change }: ShareProps) {
  return (
    <div className={classes.slider}>
      <span className={classes.label} id={`${id}-label`}>
        {label}: <span className="numbers">{percent(value)}</span>
        <span className={classes.hint}>{hint}</span>
      </span>
      <Slider
        id={id}
        thumbLabel={label}
        min={0}
        max={50}
        step={1}
        label={null}
        marks={[0, 10, 25, 50].map((at) => ({ value: at, label: `${at} %` }))}
        value={Math.round(value * 100)}
        onChange={(at) => change(at / 100)}
      />
    </div>
  );
}

function DisplayCard() {
  const desk = useDesk();
  const touch = useStore(desk.face.swipe);
  return (
    <Card title="On this device">
      <Switch
        label="Swipe left to skip, right to accept the suggestion"
        checked={touch}
        onChange={(event) => desk.setSwipe(event.currentTarget.checked)}
      />
    </Card>
  );
}
