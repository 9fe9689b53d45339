import { useMemo } from "react";
import { Bars } from "../../ui/Bars";
import { Curve, type CurveSeries } from "../../ui/Curve";
import { Icon } from "../../ui/Icon";
import { IntervalBar } from "../../ui/IntervalBar";
import { Card, Cards, Nothing, Page } from "../../ui/Page";
import {
  count,
  duration,
  leftInWords,
  percent,
  qualityInWords,
  shownQuality,
  tellsSomething,
} from "../../ui/words";
import type { Dashboard, Progress } from "../../wire/types";
import { useFresh } from "../useFresh";
import { Background } from "./Background";
import classes from "./Progress.module.css";
import { Annotators, Models } from "./Tables";

/** How good the model is, how much is left, and what the answers look like so far. */
export default function ProgressView() {
  const { data } = useFresh(["dashboard"], (desk) => desk.wire.dashboard(desk.by));
  return (
    <Page title="Progress">
      {data ? (
        <Cards>
          <QualityCard progress={data.progress} />
          <StopCard progress={data.progress} />
          <Background />
          <CurveCard dashboard={data} />
          <ClassesCard dashboard={data} />
          <PaceCard dashboard={data} />
          <AnchoringCard dashboard={data} />
          <Models models={data.models} />
          <Annotators rows={data.annotators} />
        </Cards>
      ) : (
        <Nothing>Counting…</Nothing>
      )}
    </Page>
  );
}

function QualityCard({ progress }: { progress: Progress }) {
  const quality = shownQuality(progress);
  const { target } = progress;
  return (
    <Card title="How good the model is" lead={qualityInWords(quality)}>
      {tellsSomething(quality) ? (
        <>
          <div className={classes.hero}>
            <span className={`${classes.big} numbers`}>{percent(quality.estimate)}</span>
            <span>right</span>
          </div>
          <IntervalBar quality={quality} target={target} />
        </>
      ) : (
        <Nothing>
          A share of the questions is drawn at random for this; their answers count as soon as there is a
          model to compare them with.
        </Nothing>
      )}
    </Card>
  );
}

function StopCard({ progress }: { progress: Progress }) {
  const { verdict } = progress;
  const way = verdict.stop ? 100 : Math.min(99, Math.floor(verdict.progress * 100));
  return (
    <Card title="Stop?" lead={leftInWords(progress)}>
      <div className={classes.verdict} data-stop={verdict.stop || undefined} data-testid="verdict">
        <span>
          <Icon name={verdict.stop ? "accept" : "forward"} />
        </span>
        <div>
          <strong>{verdict.stop ? "Yes, you may stop." : "Not yet."}</strong>
          <ul className={classes.reasons}>
            {verdict.reason.split("; ").map((reason) => (
              <li key={reason}>{sentence(reason)}</li>
            ))}
          </ul>
        </div>
      </div>
      <div
        className={classes.way}
        role="progressbar"
        aria-label="How far it is to a stop"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={way}
      >
        <i style={{ width: `${way}%` }} data-stop={verdict.stop || undefined} />
      </div>
      <Tiles progress={progress} />
    </Card>
  );
}

function Tiles({ progress }: { progress: Progress }) {
  const tiles: [string, string][] = [
    ["Labels", progress.labelled.toLocaleString("en")],
    ["Items", progress.items.toLocaleString("en")],
    ["Yours", progress.mine.toLocaleString("en")],
    ["Today", progress.today.toLocaleString("en")],
    ["Skipped", progress.skipped.toLocaleString("en")],
    ["Flagged", progress.flagged.toLocaleString("en")],
  ];
  if (progress.budget !== null) tiles.splice(1, 0, ["Budget", progress.budget.toLocaleString("en")]);
  return (
    <dl className={classes.tiles}>
      {tiles.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function sentence(text: string): string {
  const end = /[.!?]$/.test(text) || text === "" ? "" : ".";
  const told = text.replace(/(\d)%/g, "$1 %"); // as everywhere on the page
  return told.charAt(0).toUpperCase() + told.slice(1) + end;
}

function CurveCard({ dashboard }: { dashboard: Dashboard }) {
  const { random_curve: random, active_curve: active, progress } = dashboard;
  const series = useMemo<CurveSeries[]>(
    () => [
      { name: "Random questions", points: random, colour: "--curve-random", band: true },
      { name: "Chosen questions", points: active, colour: "--curve-active", dash: [7, 5], band: false },
    ],
    [random, active],
  );
  const some = random.length + active.length > 0;
  return (
    <Card
      wide
      title="How it learns"
      lead="How often the model was right just before it heard the answer. Only random questions measure its quality; chosen questions are the hard ones, so their line usually runs lower."
    >
      {some ? (
        <Curve series={series} target={progress.target} label={curveInWords(dashboard)} />
      ) : (
        <Nothing>The curve starts with the first model.</Nothing>
      )}
    </Card>
  );
}

function curveInWords({ random_curve: random }: Dashboard): string {
  const [first, last] = [random[0], random.at(-1)];
  if (!first || !last) return "Learning curve, no points yet.";
  return `Learning curve on random questions: ${percent(first.estimate)} at ${first.labels} labels, ${percent(last.estimate)} at ${last.labels} labels.`;
}

function ClassesCard({ dashboard: { classes: known, predicted } }: { dashboard: Dashboard }) {
  const some = Object.keys(predicted).length > 0;
  const bars = known.map(({ name, count: n }) => ({
    name,
    first: n,
    second: some ? (predicted[name] ?? 0) : undefined,
    text: some ? `${n} + ${(predicted[name] ?? 0).toLocaleString("en")}` : String(n),
  }));
  const rarest = [...known].sort((a, b) => a.count - b.count)[0];
  const lead =
    rarest && known.length > 1 ? `Fewest labels: ${rarest.name}, with ${rarest.count}.` : undefined;
  return (
    <Card title="Classes" lead={lead}>
      {known.length ? (
        <Bars
          bars={bars}
          firstKey="labels that people gave"
          secondKey={some ? "what the model makes of the rest" : undefined}
        />
      ) : (
        <Nothing>No class has been named yet.</Nothing>
      )}
    </Card>
  );
}

function PaceCard({ dashboard: { pace, progress } }: { dashboard: Dashboard }) {
  const bars = pace.slice(-14).map(({ day, answers, seconds }) => ({
    name: dayInWords(day),
    first: answers,
    text: seconds === null ? String(answers) : `${answers}, ${seconds.toFixed(1)} s each`,
  }));
  const goal = progress.target === null ? "of the budget" : "to the target";
  const lead = !progress.seconds_left
    ? "Answers a day, and the time that one usually takes (pauses left out)."
    : `At this pace, ${duration(progress.seconds_left)} of answering are left ${goal}.`;
  return (
    <Card title="Pace" lead={lead}>
      {bars.length ? <Bars bars={bars} /> : <Nothing>No answer yet.</Nothing>}
    </Card>
  );
}

function dayInWords(day: string): string {
  const date = new Date(`${day}T12:00:00`);
  if (Number.isNaN(date.getTime())) return day;
  return date.toLocaleDateString(undefined, { weekday: "short", day: "numeric", month: "short" });
}

function AnchoringCard({ dashboard: { anchoring } }: { dashboard: Dashboard }) {
  const { shown, shown_n: shownN, hidden, hidden_n: hiddenN, low, high } = anchoring;
  const bars = [
    {
      name: "shown",
      first: shown ?? 0,
      text: shown === null ? "none yet" : `${percent(shown)} of ${shownN}`,
    },
    {
      name: "hidden",
      first: hidden ?? 0,
      text: hidden === null ? "none yet" : `${percent(hidden)} of ${hiddenN}`,
    },
  ];
  return (
    <Card
      title="Do suggestions sway?"
      lead="How often answers agree with the model's suggestion when it was shown, and when it was hidden on purpose."
    >
      <Bars bars={bars} full={1} />
      <p className={classes.sway}>{swayInWords(low, high, hiddenN)}</p>
    </Card>
  );
}

function swayInWords(low: number | null, high: number | null, n: number): string {
  if (low === null || high === null) return "Too few questions yet to tell.";
  if (low > 0)
    return `Yes: seeing the suggestion raises agreement by ${points(low)} to ${points(high)} points.`;
  if (high < 0) return `It is the other way round, by ${points(-high)} to ${points(-low)} points.`;
  return `No sign of it so far: the difference lies between ${points(low)} and ${points(high)} points, from ${count(n, "hidden suggestion")}.`;
}

function points(share: number): string {
  return (share * 100).toFixed(0).replace("-", "−");
}
