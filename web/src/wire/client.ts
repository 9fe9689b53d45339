import type {
  AnswersReply,
  CampaignView,
  Content,
  Dashboard,
  Done,
  Item,
  Newcomer,
  NextReply,
  Problem,
  Progress,
  RetractReply,
  SettingsRequest,
} from "./types";

/** The server heard the request and said no: sending it again would change nothing. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.message);
    this.name = "Refused";
  }
}

/** Nobody answered, or only to say "not now": worth another try later. */
export class Away extends Error {
  constructor(
    message: string,
    readonly mend = "",
  ) {
    super(message);
    this.name = "Away";
  }
}

export interface AnswersQuery {
  offset: number;
  limit: number;
  q?: string;
  by?: string;
  value?: string;
  state?: "labelled" | "skipped" | "flagged" | "disputed";
}

/** Every request that the page can make; one method a route. */
export interface Wire {
  newcomer(by: string): Promise<Newcomer>;
  campaign(by: string): Promise<CampaignView>;
  progress(by: string): Promise<Progress>;
  dashboard(by: string): Promise<Dashboard>;
  answers(by: string, query: AnswersQuery): Promise<AnswersReply>;
  item(by: string, item: Item): Promise<Content>;
  next(by: string, n: number): Promise<NextReply>;
  answer(by: string, body: { query: string; value: string; seconds: number | null }): Promise<Done>;
  skip(by: string, body: { query: string; because: string; seconds: number | null }): Promise<Done>;
  release(by: string, queries: string[]): Promise<Done>;
  retract(by: string, item: Item): Promise<RetractReply>;
  correct(by: string, item: Item, value: string): Promise<Done>;
  flag(by: string, body: { item: Item; flagged: boolean; comment: string }): Promise<Done>;
  addClass(by: string, name: string): Promise<unknown>;
  changeSettings(by: string, changes: SettingsRequest): Promise<unknown>;
  train(by: string, on: boolean): Promise<Progress>;
}

/** A header holds plain ASCII only: other letters travel percent-encoded. */
export function headerName(name: string): string {
  return /^[\x20-\x24\x26-\x7e]*$/.test(name) ? name : encodeURIComponent(name);
}

/** Not now, or not before the printed address was opened again: either way, nothing sent is wrong. */
const RETRY_LATER = new Set([401, 403, 408, 421, 425, 429]);

async function problemOf(response: Response): Promise<Problem> {
  const fallback = { error: "Error", message: `The server answered ${response.status}.`, mend: "" };
  try {
    const body: unknown = await response.json();
    if (body && typeof body === "object" && "message" in body) return { ...fallback, ...(body as Problem) };
  } catch {
    // not JSON: the fallback says the status
  }
  return fallback;
}

export interface ClientOptions {
  base?: string;
  fetch?: typeof fetch;
  patience?: number;
}

/** The real wire: same-origin requests, JSON both ways, the annotator's name in a header. */
export function connect({ base = "", fetch: fetcher, patience = 15_000 }: ClientOptions = {}): Wire {
  async function request<T>(by: string, method: string, path: string, body?: unknown): Promise<T> {
    let response: Response;
    try {
      response = await (fetcher ?? fetch)(`${base}${path}`, {
        method,
        headers: {
          "X-Annotator": headerName(by),
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "same-origin",
        cache: "no-store",
        signal: AbortSignal.timeout(patience),
      });
    } catch {
      throw new Away("The server cannot be reached.");
    }
    if (!response.ok) {
      const problem = await problemOf(response);
      if (response.status >= 500 || RETRY_LATER.has(response.status))
        throw new Away(problem.message, problem.mend);
      throw new Refused(response.status, problem);
    }
    try {
      return (await response.json()) as T;
    } catch {
      throw new Away("The server's answer was cut short.");
    }
  }
  const post = <T>(by: string, path: string, body: unknown) => request<T>(by, "POST", path, body);
  return {
    campaign: (by) => request(by, "GET", "/api/campaign"),
    progress: (by) => request(by, "GET", "/api/progress"),
    dashboard: (by) => request(by, "GET", "/api/dashboard"),
    answers: (by, query) => request(by, "GET", `/api/answers?${parameters(query)}`),
    item: (by, item) => request<unknown>(by, "GET", `/api/items/${encodeURIComponent(item)}`).then(contentOf),
    newcomer: (by) => post(by, "/api/newcomers", {}),
    next: (by, n) => post(by, "/api/next", { n }),
    answer: (by, body) => post(by, "/api/answers", body),
    skip: (by, body) => post(by, "/api/skips", body),
    release: (by, queries) => post(by, "/api/releases", { queries }),
    retract: (by, item) => post(by, "/api/retractions", { item }),
    correct: (by, item, value) => post(by, "/api/corrections", { item, value }),
    flag: (by, body) => post(by, "/api/flags", body),
    addClass: (by, name) => post(by, "/api/classes", { name }),
    changeSettings: (by, changes) => request(by, "PATCH", "/api/settings", changes),
    train: (by, on) => post(by, "/api/training", { on }),
  };
}

/** An item comes as its content, or as a question or an answer that holds its content. */
function contentOf(reply: unknown): Content {
  const held = reply as { content?: Content };
  return held.content ?? (reply as Content);
}

function parameters(query: AnswersQuery): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
}

export function exportAddress(what: "labels" | "predictions", format: "csv" | "jsonl" | "parquet"): string {
  return `/api/export?what=${what}&format=${format}`;
}
