import { describe, expect, it, vi } from "vitest";
import { Away, connect, exportAddress, headerName, Refused } from "../src/wire/client";

function replying(status: number, body: unknown, text?: string) {
  return vi.fn(async () => new Response(text ?? JSON.stringify(body), { status })) as unknown as typeof fetch;
}

const asked = (fetcher: typeof fetch) =>
  (fetcher as unknown as ReturnType<typeof vi.fn>).mock.calls[0] as [string, RequestInit];

describe("the wire", () => {
  it("sends JSON, and the annotator's name", async () => {
    const fetcher = replying(200, { head: 2 });
    await connect({ fetch: fetcher }).answer("Zoë", { query: "q", value: "cat", seconds: 1.5 });
    const [path, request] = asked(fetcher);
    expect(path).toBe("/api/answers");
    expect(request.headers).toMatchObject({ "X-Annotator": "Zo%C3%AB", "Content-Type": "application/json" });
    expect(JSON.parse(String(request.body))).toEqual({ query: "q", value: "cat", seconds: 1.5 });
  });

  it("leaves out filters that are not set, and escapes ids", async () => {
    const fetcher = replying(200, { answers: [], total: 0 });
    await connect({ fetch: fetcher }).answers("me", { offset: 0, limit: 50, q: "", value: "R&D" });
    expect(asked(fetcher)[0]).toBe("/api/answers?offset=0&limit=50&value=R%26D");
    const other = replying(200, { kind: "text", text: "x" });
    await connect({ fetch: other }).item("me", "a/b");
    expect(asked(other)[0]).toBe("/api/items/a%2Fb");
  });

  it.each([400, 404, 409, 422])("%d is a refusal, with its mend", async (status) => {
    const wire = connect({ fetch: replying(status, { error: "E", message: "No.", mend: "Do so." }) });
    const error = await wire.next("me", 1).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Refused);
    expect(error).toMatchObject({ status, problem: { message: "No.", mend: "Do so." } });
  });

  it.each([401, 403, 408, 429, 500, 502, 503, 507])("%d means later", async (status) => {
    const wire = connect({
      fetch: replying(status, { error: "E", message: "Disk full.", mend: "Make room." }),
    });
    await expect(wire.next("me", 1)).rejects.toMatchObject({
      name: "Away",
      message: "Disk full.",
      mend: "Make room.",
    });
  });

  it("calls a broken line and half an answer away", async () => {
    const broken = vi.fn(async () => Promise.reject(new TypeError("failed"))) as unknown as typeof fetch;
    await expect(connect({ fetch: broken }).next("me", 1)).rejects.toBeInstanceOf(Away);
    await expect(connect({ fetch: replying(200, null, '{"que') }).next("me", 1)).rejects.toBeInstanceOf(Away);
  });

  it("reads an item's content from whatever holds it", async () => {
    const content = { kind: "text", text: "x" };
    expect(await connect({ fetch: replying(200, content) }).item("me", 1)).toEqual(content);
    expect(await connect({ fetch: replying(200, { item: 1, content }) }).item("me", 1)).toEqual(content);
  });

  it("names files to export", () => {
    expect(exportAddress("predictions", "parquet")).toBe("/api/export?what=predictions&format=parquet");
    expect(headerName("Ann O'Neil")).toBe("Ann O'Neil");
    expect(headerName("100%")).toBe("100%25");
  });
});
