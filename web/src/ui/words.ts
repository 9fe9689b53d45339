import type { Learner, Progress, Quality } from "../wire/types";

export function percent(share: number, digits = 0): string {
  return `${(share * 100).toFixed(digits)} %`;
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${(seconds / 3600).toFixed(1)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export function ago(at: number, now = Date.now() / 1000): string {
  const seconds = Math.max(0, now - at);
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return new Date(at * 1000).toLocaleDateString(undefined, {
    day: "numeric",
    month: "short",
    year: "numeric",
  });
}

/** An interval that covers nearly everything says nothing yet. */
export function tellsSomething(quality: Quality | null): quality is Quality {
  return quality !== null && quality.high - quality.low < 0.8;
}

/** What is shown of the quality: the model of now where its interval holds, else the mean so far. */
export function shownQuality(progress: Progress): Quality | null {
  return progress.now ?? progress.quality;
}

/** The quality and how sure we are of it, as a sentence for somebody who has never met an interval. */
export function qualityInWords(quality: Quality | null): string {
  if (!quality) return "How good the model is shows after a few answers to random questions.";
  const { estimate, low, high, n, confidence } = quality;
  if (!tellsSomething(quality))
    return `Too early to tell: only ${count(n, "random question")} answered so far. It takes some ten to begin with.`;
  return `The model is right about ${percent(estimate)} of the time. It is ${percent(confidence)} certain that the truth lies between ${percent(low)} and ${percent(high)}, going by ${count(n, "random question")}.`;
}

export function leftInWords(progress: Progress): string {
  const { target, budget, left, seconds_left: seconds, quality } = progress;
  const time = seconds === null ? "" : `, some ${duration(seconds)} at your pace`;
  if (target === null && budget === null) return "No target is set.";
  if (target === null)
    return left
      ? `${count(left, "answer is", "answers are")} left of the budget${time}.`
      : "The budget is spent.";
  if (quality && quality.low >= target) return `The target of ${percent(target)} is reached.`;
  if (left === null) return `The target is ${percent(target)}; how far it is cannot be told yet.`;
  return `About ${count(left, "more label")} to the target of ${percent(target)}${time}.`;
}

export function learnerInWords(learner: Learner): string {
  const share = learner.fraction === null ? "" : ` ${percent(learner.fraction)}`;
  switch (learner.phase) {
    case "starting":
      return "starting…";
    case "encoding":
      return `reading your items…${share}`;
    case "waiting":
      return "waiting for first labels";
    case "training":
      return `training…${share}`;
    case "scoring":
      return `ordering the queue…${share}`;
    case "failed":
      return "training failed";
    case "stopped":
      return "training stopped";
    case "idle":
      return learner.version ? `learned from ${count(learner.labels, "label")}` : "ready";
  }
}
