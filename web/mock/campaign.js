import { randomUUID } from "node:crypto";
import { chance } from "./chance.js";
import { COLLECTIONS } from "./items.js";

const KEYS = [..."1234567890", ...[..."1234567890"].map((digit) => `shift+${digit}`)];
const LEASE = 900;

export class Problem extends Error {
  constructor(status, error, message, mend = "") {
    super(message);
    Object.assign(this, { status, error, mend });
  }
}

const GUIDELINES = `# What is asked

Choose the section of the paper in which the piece would stand.

- **World**: politics between countries, wars, disasters.
- **Sports**: the match, not the money behind it.
- **Business**: companies, prices, jobs.
- **Sci/Tech**: discoveries and machines.

## When in doubt

If two sections fit, take the one that the *first sentence* is about. If none fits, skip with the cause _not relevant_.`;

/** A campaign in memory that behaves as the server does, with a make-believe learner. */
export class MockCampaign {
  constructor(kind = "text") {
    const { title, items, classes } = COLLECTIONS[kind]();
    this.kind = items[0].content.kind;
    this.items = items;
    this.byId = new Map(items.map((item) => [item.id, item]));
    this.classes = classes.map((name, at) => ({ name, key: KEYS[at] ?? null }));
    this.settings = {
      title,
      guidelines: kind === "text" ? GUIDELINES : "",
      strategy: "default",
      random_share: 0.1,
      random_now: 0.1,
      hide_share: 0.1,
      overlap: 1,
      lease: LEASE,
      budget: kind === "text" ? 150 : null,
      target: 0.9,
      skipped: "out",
      open_classes: true,
      class_descriptions:
        kind === "text"
          ? {
              World: "Politics between countries",
              Sports: "The match itself",
              Business: "Companies, prices, jobs",
              "Sci/Tech": "Discoveries and machines",
            }
          : {},
    };
    this.id = `mock-${kind}`;
    this.random = chance(99);
    this.queries = new Map();
    this.annotations = new Map();
    this.flags = new Map();
    this.history = [];
    this.models = [];
    this.head = 1;
    this.learner = {
      phase: "waiting",
      fraction: null,
      note: "waiting for labels of two classes",
      version: null,
      labels: 0,
    };
    this.listeners = new Set();
    this.training = false;
  }

  // -------------------------------------------------------------- asking

  next(by, n) {
    const now = Date.now() / 1000;
    const open = [...this.queries.values()].filter(
      (q) => q.by === by && q.status === "open" && q.question.until > now,
    );
    const limit = this.settings.budget
      ? this.settings.budget - this.annotations.size
      : Number.POSITIVE_INFINITY;
    let done = null;
    while (open.length < n) {
      if (open.length >= limit) {
        done = `The budget of ${this.settings.budget} labels is spent.`;
        break;
      }
      const item = this.pick();
      if (!item) {
        done = "Every item has its label.";
        break;
      }
      open.push(this.ask(item, by));
    }
    return { questions: open.map((query) => query.question), done };
  }

  pick() {
    const out = new Set(
      [...this.queries.values()].filter((q) => q.status === "open").map((q) => q.question.item),
    );
    const free = this.items.filter(
      (item) => !this.annotations.has(item.id) && !out.has(item.id) && !this.skipped(item.id),
    );
    if (this.models.length === 0) return free[0];
    return free.length ? free[this.random.below(Math.min(40, free.length))] : undefined;
  }

  skipped(item) {
    return this.history.some((event) => event.item === item && event.because !== null && !event.gone);
  }

  ask(item, by, arm) {
    const cold = this.models.length === 0;
    const random = !arm && this.random.next() < this.settings.random_share;
    const guess = this.predict(item);
    const hidden = !cold && this.random.next() < this.settings.hide_share;
    const rank = 1 + this.random.below(20);
    const version = this.learner.version;
    const why = {
      arm: arm ?? (random || cold ? "random" : "active"),
      text: arm
        ? "You took your answer back."
        : cold
          ? "No model yet: items that are typical of many others come first."
          : random
            ? "Drawn at random, to measure how good the model is."
            : `The model wavers between ${guess[0][0]} and ${guess[1][0]}.`,
      strategy: random ? "random" : "default (margin)",
      score: cold ? null : Number((-(guess[0][1] - guess[1][1])).toFixed(4)),
      rank: random ? null : rank,
      probability: random ? 0.1 / this.items.length : 0.9,
      model: version,
    };
    const question = {
      query: randomUUID().replaceAll("-", "").slice(0, 16),
      item: item.id,
      content: item.content,
      why,
      suggestion:
        cold || hidden ? null : { value: guess[0][0], proba: guess[0][1], runners_up: guess.slice(1, 3) },
      made: false,
      hidden,
      until: Date.now() / 1000 + LEASE,
      previous: null,
      flagged: this.flags.has(item.id),
      comment: this.flags.get(item.id) ?? "",
    };
    const query = { question, by, status: "open", value: null };
    this.queries.set(question.query, query);
    this.head += 1;
    return query;
  }

  predict(item) {
    const r = chance(
      String(item.id).length * 7919 + (this.items.indexOf(item) + 1) * 104729 + this.models.length,
    );
    const skill = Math.min(0.92, 0.45 + this.models.length * 0.05);
    const right = r.next() < skill;
    const first = right ? item.truth : r.of(this.classes).name;
    const rest = this.classes.map((c) => c.name).filter((name) => name !== first);
    const sure = 0.36 + r.next() * 0.6;
    const second = (1 - sure) * (0.5 + r.next() * 0.4);
    return [
      [first, round(sure)],
      [rest[r.below(rest.length)] ?? first, round(second)],
      [rest[0] ?? first, round(1 - sure - second)],
    ];
  }

  // -------------------------------------------------------------- telling

  answer(by, { query, value, seconds }) {
    const held = this.queries.get(query);
    if (!held)
      throw new Problem(404, "UnknownQuery", `No query '${query}' was ever asked here.`, "Reload the page.");
    if (!this.classes.some((c) => c.name === value))
      throw new Problem(400, "InvalidLabel", `'${value}' is none of the classes.`, "Add the class first.");
    if (held.status === "answered") {
      if (held.value === value) return this.done(by);
      throw new Problem(
        409,
        "AlreadyAnswered",
        `Query '${query}' was already answered '${held.value}' by ${held.by}.`,
        "To change a label, correct the item instead of answering the query again.",
      );
    }
    Object.assign(held, { status: "answered", value });
    this.annotations.set(held.question.item, { value, by, question: held.question });
    this.record({ item: held.question.item, value, because: null, by, seconds, question: held.question });
    return this.done(by);
  }

  skip(by, { query, because, seconds }) {
    const held = this.queries.get(query);
    if (!held)
      throw new Problem(404, "UnknownQuery", `No query '${query}' was ever asked here.`, "Reload the page.");
    if (held.status === "skipped") return this.done(by);
    held.status = "skipped";
    this.record({
      item: held.question.item,
      value: null,
      because: because ?? "",
      by,
      seconds,
      question: held.question,
    });
    return this.done(by);
  }

  retract(by, { item }) {
    const entry = this.mustHave(item);
    this.annotations.delete(item);
    for (const event of this.history) if (event.item === item) event.gone = true;
    const before = [...this.queries.values()].reverse().find((q) => q.question.item === item);
    const query = this.ask(entry, by, "reopened");
    query.question.previous = before?.value ?? null;
    this.changed();
    return { ...this.done(by), question: query.question };
  }

  correct(by, { item, value }) {
    this.mustHave(item);
    const before = this.history.findLast((event) => event.item === item && !event.gone);
    if (before) before.gone = true;
    this.annotations.set(item, { value, by, question: before?.question });
    this.record({
      item,
      value,
      because: null,
      by,
      seconds: before?.seconds ?? null,
      question: before?.question,
    });
    return this.done(by);
  }

  flag(by, { item, flagged, comment }) {
    this.mustHave(item);
    if (flagged) this.flags.set(item, comment ?? "");
    else this.flags.delete(item);
    this.changed();
    return this.done(by);
  }

  addClass(by, { name }) {
    if (!this.classes.some((c) => c.name === name))
      this.classes.push({ name, key: KEYS[this.classes.length] ?? null });
    this.changed();
    return this.done(by);
  }

  change(by, changes) {
    for (const [key, value] of Object.entries(changes)) if (value !== null) this.settings[key] = value;
    if (this.settings.budget === 0) this.settings.budget = null;
    if (this.settings.target === 0) this.settings.target = null;
    this.changed();
    return this.view(by);
  }

  mustHave(item) {
    const entry = this.byId.get(item);
    if (!entry) throw new Problem(404, "UnknownItem", `No item ${JSON.stringify(item)} in this campaign.`);
    return entry;
  }

  record(event) {
    this.history.push({ ...event, at: Date.now() / 1000, gone: false });
    this.changed();
    if (!this.training && this.annotations.size >= 4 && this.annotations.size - this.learner.labels >= 4)
      this.train();
  }

  changed() {
    this.head += 1;
    for (const listener of this.listeners) listener(this.progress("me"));
  }

  // -------------------------------------------------------------- the make-believe learner

  train() {
    this.training = true;
    const step = (phase, fraction, wait, then) => {
      Object.assign(this.learner, { phase, fraction, note: "" });
      this.changed();
      setTimeout(then, wait);
    };
    step("training", null, 900, () =>
      step("scoring", 0.5, 500, () => {
        const version = `m${this.models.length + 1}`;
        const labels = this.annotations.size;
        const stability = this.models.length ? Math.min(0.995, 0.7 + 0.05 * this.models.length) : null;
        this.models.push({ version, labels, at: Date.now() / 1000, seconds: 0.9, stability });
        Object.assign(this.learner, { phase: "idle", fraction: null, version, labels });
        this.training = false;
        this.changed();
        if (this.annotations.size - labels >= 4) this.train();
      }),
    );
  }

  // -------------------------------------------------------------- showing

  done(by) {
    return { head: this.head, progress: this.progress(by) };
  }

  progress(by) {
    const labelled = this.annotations.size;
    const standing = this.history.filter((event) => !event.gone);
    const mine = standing.filter((event) => event.by === by && event.because === null).length;
    const n = Math.floor(labelled / 5);
    const quality = n >= 3 ? this.quality(labelled, n) : null;
    const { target, budget } = this.settings;
    const left = quality && target ? Math.max(0, Math.round((target - quality.low) * 400)) : null;
    const progress = budget
      ? Math.min(1, labelled / budget)
      : quality && target
        ? Math.min(1, quality.low / target)
        : 0;
    return {
      items: this.items.length,
      labelled,
      mine,
      today: mine,
      skipped: standing.filter((event) => event.because !== null).length,
      flagged: this.flags.size,
      spent: labelled,
      budget,
      target,
      left,
      seconds_left: left ? left * 3.4 : null,
      quality,
      now: null,
      learner: { ...this.learner },
      background: null,
      verdict: {
        stop: progress >= 1,
        progress,
        reason: quality
          ? `The lower end of the interval is ${Math.round(quality.low * 100)} %, the target ${Math.round((target ?? 0) * 100)} %.`
          : "Too few random questions yet to say how good the model is.",
      },
      head: this.head,
      frame: 0,
    };
  }

  quality(labelled, n) {
    const estimate = round(0.93 - 0.5 * Math.exp(-labelled / 30));
    const half = Math.min(0.45, 1.35 / Math.sqrt(n + 3));
    return {
      estimate,
      low: round(Math.max(0, estimate - half)),
      high: round(Math.min(1, estimate + half * 0.6)),
      n,
      confidence: 0.95,
    };
  }

  classView() {
    const counts = new Map();
    for (const { value } of this.annotations.values()) counts.set(value, (counts.get(value) ?? 0) + 1);
    return this.classes.map((c) => ({
      ...c,
      count: counts.get(c.name) ?? 0,
      description: this.settings.class_descriptions[c.name] ?? "",
    }));
  }

  view(by) {
    return {
      id: this.id,
      title: this.settings.title,
      kind: this.kind,
      classes: this.classView(),
      settings: { ...this.settings },
      progress: this.progress(by),
      skip_causes: ["unclear", "not relevant", "broken", "later"],
      version: "mock",
    };
  }

  answers({ offset = 0, limit = 50, q = "", by = "", value = "", state = "" }) {
    const latest = new Map();
    for (const event of this.history) if (!event.gone) latest.set(event.item, event);
    for (const item of this.flags.keys())
      if (!latest.has(item))
        latest.set(item, {
          item,
          value: null,
          because: null,
          by: "me",
          at: Date.now() / 1000,
          seconds: null,
        });
    const all = [...latest.values()]
      .reverse()
      .map((event) => this.answerView(event))
      .filter((a) => (!q || a.snippet.toLowerCase().includes(q.toLowerCase())) && (!by || a.by === by))
      .filter((a) => !value || a.value === value)
      .filter(
        (a) =>
          !state || { labelled: a.value !== null, skipped: a.because !== null, flagged: a.flagged }[state],
      );
    return { answers: all.slice(Number(offset), Number(offset) + Number(limit)), total: all.length };
  }

  answerView(event) {
    const item = this.byId.get(event.item);
    const { content } = item;
    const snippet =
      content.text ?? (content.fields.map((f) => `${f.name}: ${f.value}`).join(" · ") || String(item.id));
    return {
      item: item.id,
      snippet: snippet.slice(0, 240),
      url: content.url,
      value: event.value,
      answers: event.value === null ? 0 : 1,
      others: [],
      because: event.because,
      by: event.by,
      at: event.at,
      seconds: event.seconds,
      flagged: this.flags.has(item.id),
      comment: this.flags.get(item.id) ?? "",
      arm: event.question?.why.arm ?? null,
      made: false,
      suggested: event.question?.suggestion?.value ?? null,
      predicted: this.models.length ? this.predict(item)[0][0] : null,
    };
  }

  dashboard(by) {
    const labelled = this.annotations.size;
    const points = [];
    for (let at = 15; at <= labelled; at += 5)
      points.push({ labels: at, ...this.quality(at, Math.floor(at / 5)) });
    const predicted = {};
    if (this.models.length)
      for (const item of this.items)
        if (!this.annotations.has(item.id)) {
          const name = this.predict(item)[0][0];
          predicted[name] = (predicted[name] ?? 0) + 1;
        }
    const seconds = this.history.map((event) => event.seconds).filter((s) => s != null);
    const day = new Date().toISOString().slice(0, 10);
    const earlier = [3, 2, 1].map((ago, at) => ({
      day: new Date(Date.now() - ago * 864e5).toISOString().slice(0, 10),
      answers: [42, 18, 63][at],
      seconds: [4.1, 3.9, 3.2][at],
    }));
    return {
      progress: this.progress(by),
      classes: this.classView(),
      predicted,
      random_curve: points.map(({ confidence, ...point }) => point),
      active_curve: points.map(({ confidence, ...p }) => ({
        ...p,
        estimate: round(p.estimate - 0.17),
        low: round(Math.max(0, p.low - 0.05)),
        high: round(p.high - 0.14),
        n: p.n * 9,
      })),
      models: this.models,
      pace: [...earlier, { day, answers: labelled, seconds: median(seconds) }],
      annotators: annotators(this.history),
      anchoring: { shown: 0.86, shown_n: 81, hidden: 0.79, hidden_n: 14, low: -0.12, high: 0.27 },
    };
  }
}

function annotators(history) {
  const people = new Map();
  for (const event of history) {
    if (event.gone) continue;
    const row = people.get(event.by) ?? { by: event.by, answers: 0, skips: 0, seconds: [] };
    if (event.value === null) row.skips += 1;
    else row.answers += 1;
    if (event.seconds != null) row.seconds.push(event.seconds);
    people.set(event.by, row);
  }
  return [...people.values()].map((row) => ({ ...row, seconds: median(row.seconds) }));
}

const round = (x) => Math.round(x * 1000) / 1000;

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor(sorted.length / 2)] : null;
}
