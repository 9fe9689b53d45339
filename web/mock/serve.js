import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { MockCampaign, Problem } from "./campaign.js";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
  "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const KINDS = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

const campaign = new MockCampaign(process.env.MOCK ?? "text");
const delay = Number(process.env.MOCK_DELAY ?? 0);

const ROUTES = {
  "GET /api/campaign": ({ by }) => campaign.view(by),
  "GET /api/progress": ({ by }) => campaign.progress(by),
  "GET /api/dashboard": ({ by }) => campaign.dashboard(by),
  "GET /api/answers": ({ query }) => campaign.answers(Object.fromEntries(query)),
  "GET /api/health": () => ({ ok: true }),
  "POST /api/newcomers": () => ({ name: "me" }),
  "POST /api/next": ({ by, body }) => campaign.next(by, body.n ?? 1),
  "POST /api/answers": ({ by, body }) => campaign.answer(by, body),
  "POST /api/skips": ({ by, body }) => campaign.skip(by, body),
  "POST /api/releases": () => campaign.done(),
  "POST /api/retractions": ({ by, body }) => campaign.retract(by, body),
  "POST /api/corrections": ({ by, body }) => campaign.correct(by, body),
  "POST /api/flags": ({ by, body }) => campaign.flag(by, body),
  "POST /api/classes": ({ by, body }) => campaign.addClass(by, body),
  "PATCH /api/settings": ({ by, body }) => campaign.change(by, body),
};

function itemOf(text) {
  const id = decodeURIComponent(text);
  return campaign.byId.get(id) ?? campaign.byId.get(Number(id)) ?? campaign.mustHave(id);
}

function send(response, status, body) {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify(body));
}

function events(request, response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const tell = (progress) => response.write(`event: progress\ndata: ${JSON.stringify(progress)}\n\n`);
  tell(campaign.progress("me"));
  campaign.listeners.add(tell);
  request.on("close", () => campaign.listeners.delete(tell));
}

function exported(response) {
  const lines = [...campaign.annotations].map(([item, { value, by }]) => `${item},${value},${by}`);
  response.writeHead(200, {
    "Content-Type": "text/csv",
    "Content-Disposition": 'attachment; filename="labels.csv"',
  });
  response.end(["id,label,by", ...lines].join("\n"));
}

function page(path, response) {
  const wanted = normalize(join(DIST, path === "/" ? "index.html" : path));
  const file = wanted.startsWith(DIST) && existsSync(wanted) && statSync(wanted).isFile() ? wanted : null;
  if (!file) return send(response, 404, { error: "NotFound", message: `Nothing at ${path}.`, mend: "" });
  response.writeHead(200, {
    "Content-Type": KINDS[extname(file)] ?? "application/octet-stream",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
  });
  createReadStream(file).pipe(response);
}

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return parts.length ? JSON.parse(Buffer.concat(parts).toString()) : {};
}

async function handle(request, response) {
  const { pathname, searchParams } = new URL(request.url, "http://mock");
  if (pathname === "/api/events") return events(request, response);
  if (pathname === "/api/export") return exported(response);
  if (pathname.startsWith("/api/media/")) {
    response.writeHead(200, { "Content-Type": "image/png", "Cache-Control": "max-age=3600" });
    return response.end(itemOf(pathname.slice("/api/media/".length)).picture);
  }
  if (pathname.startsWith("/api/items/"))
    return send(response, 200, itemOf(pathname.slice("/api/items/".length)).content);
  const route = ROUTES[`${request.method} ${pathname}`];
  if (!route) return page(pathname, response);
  if (delay) await new Promise((resolve) => setTimeout(resolve, delay));
  const by = decodeURIComponent(request.headers["x-annotator"] ?? "me");
  return send(response, 200, route({ by, query: searchParams, body: await bodyOf(request) }));
}

const port = Number(process.env.PORT ?? 8765);
createServer((request, response) => {
  handle(request, response).catch((error) => {
    const status = error instanceof Problem ? error.status : 500;
    send(response, status, { error: error.error ?? "Error", message: error.message, mend: error.mend ?? "" });
  });
}).listen(port, "127.0.0.1", () => console.log(`mock of querist at http://127.0.0.1:${port}`));
