import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { DeskContext } from "../src/ui/useDesk";
import { Background } from "../src/views/progress/Background";
import { Shell } from "../src/views/Shell";
import SettingsView from "../src/views/settings/SettingsView";
import { campaign, FakeServer, learner, progress, settle, table } from "./fakes";

async function page(options: Parameters<typeof table>[0] = {}, view = <Shell />) {
  const made = table(options);
  await made.desk.session.start();
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}>
        <DeskContext.Provider value={made.desk}>{view}</DeskContext.Provider>
      </QueryClientProvider>
    </MantineProvider>,
  );
  const user = userEvent.setup();
  const item = () => screen.getByTestId("question").dataset.item;
  const press = async (keys: string) => {
    await user.keyboard(keys);
    await act(() => settle(60));
  };
  return { ...made, user, item, press };
}

describe("the page", () => {
  it("shows the question, its classes with their keys, and why it is asked", async () => {
    await page();
    expect(screen.getByTestId("question").textContent).toContain("the text of 0");
    expect(screen.getByRole("button", { name: /cat/ })).toBe(screen.getByTestId("class-cat"));
    expect(screen.getByTestId("class-dog").textContent).toContain("2");
    expect(screen.getByTestId("why").textContent).toContain("unsure");
    expect(screen.getByRole("progressbar", { name: "Progress" })).toBeTruthy();
  });

  it("is labelled by keys alone: choose, skip, undo, redo", async () => {
    const { item, press, server } = await page();
    await press("1");
    expect(item()).toBe("1");
    await press(" ");
    expect(item()).toBe("2");
    await press("{Control>}z{/Control}");
    expect(item()).toBe("1");
    await press("2");
    await press("{Backspace}{Backspace}");
    expect(item()).toBe("0");
    expect(screen.getByTestId("class-cat").dataset.own).toBe("true");
    await press("{Control>}{Shift>}z{/Shift}{/Control}");
    expect(server.labels.get(0)).toBe("cat");
    expect(server.labels.has(1)).toBe(false);
  });

  it("is labelled by clicks, and leaves the keys to the page afterwards", async () => {
    const { user, item, press, server } = await page();
    await user.click(screen.getByTestId("class-dog"));
    await act(() => settle(60));
    expect(item()).toBe("1");
    await press(" "); // would press the button again if it kept the focus
    expect(server.told.map(({ verb }) => verb)).toEqual(["answer", "skip"]);
  });

  it("looks again while somebody waits for a question", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const server = new FakeServer(0);
      const { item } = await page({ server });
      expect(screen.queryByTestId("question")).toBeNull();
      Object.assign(server, { size: 1 }); // its lease has ended: no news tells of that
      vi.advanceTimersByTime(30_000);
      await act(() => settle(60));
      expect(item()).toBe("0");
    } finally {
      vi.useRealTimers();
    }
  });

  it("names a row by its fields in the line on the last answer", async () => {
    const fields = [
      { name: "Seniority", value: "1" },
      { name: "Home", value: "rent" },
    ];
    const content = { kind: "row" as const, text: null, url: null, fields, meta: [] };
    const { press } = await page({ server: new FakeServer(20, () => null, { content }) });
    await press("2");
    expect(screen.getByTestId("last").textContent).toContain("Seniority: 1 · Home: rent → dog");
  });

  it("keeps the suggestion apart, and accepts it by enter", async () => {
    const server = new FakeServer(20, () => "dog");
    const { press } = await page({ server });
    expect(screen.getByTestId("suggestion").textContent).toContain("dog");
    expect(screen.getByTestId("class-dog").dataset.suggested).toBe("true");
    expect(screen.getByTestId("class-dog").dataset.own).toBeUndefined();
    await press("{Enter}");
    expect(server.labels.get(0)).toBe("dog");
  });

  it("lets enter press the button that has the focus", async () => {
    const { press, server } = await page({ server: new FakeServer(20, () => "dog") });
    act(() => screen.getByTestId("class-cat").focus());
    await press("{Enter}");
    expect(server.labels.get(0)).toBe("cat");
  });

  it("skips with a cause by shift and space, then a digit", async () => {
    const { press, server } = await page();
    await press("{Shift>} {/Shift}");
    await waitFor(() => expect(screen.getByText("broken")).toBeTruthy());
    await press("2");
    expect(server.told).toEqual([{ verb: "skip", by: "me", item: 0, value: "broken" }]);
    await press("1");
    expect(server.labels.get(1)).toBe("cat");
  });

  it("flags with a comment, while letters stay letters", async () => {
    const { press, server } = await page();
    await press("f");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("flag-comment")));
    await press("neither fits 1 of them{Enter}");
    expect(server.flags.get(0)).toBe("neither fits 1 of them");
    expect(server.labels.size).toBe(0);
    expect(screen.getByTestId("why").textContent).toContain("neither fits");
  });

  it("adds a class and answers with it", async () => {
    const { press, server } = await page();
    await press("n");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("new-class-name")));
    await press("bird{Enter}");
    expect(server.classes.has("bird")).toBe(true);
    expect(server.labels.get(0)).toBe("bird");
  });

  it("finds one of many classes by typing", async () => {
    const names = Array.from({ length: 30 }, (_, at) => `class ${at}`).concat("Zürich");
    const { press, server, item } = await page({ view: campaign(names) });
    await press("zur");
    expect(screen.getByTestId("filter")).toBe(document.activeElement);
    await press("{Enter}");
    expect(server.labels.get(0)).toBe("Zürich");
    expect(item()).toBe("1");
    await press("3");
    expect(server.labels.get(1)).toBe("class 2");
    await press("/");
    await press("class 2{ArrowDown}{Enter}");
    expect(server.labels.get(2)).toBe("class 20");
    await press(" ");
    expect(server.told.at(-1)?.verb).toBe("skip");
  });

  it("looks back and corrects", async () => {
    const { press, item, server } = await page();
    await press("1");
    await press("{ArrowLeft}");
    expect(item()).toBe("0");
    await press("2");
    expect(server.labels.get(0)).toBe("dog");
    expect(item()).toBe("1");
  });

  it("prints its help from the actions", async () => {
    const { press } = await page();
    await press("?");
    await waitFor(() => expect(screen.getByText("Skip and say why")).toBeTruthy());
    expect(screen.queryByText("Zoom the image")).toBeNull();
  });

  it("does what the palette finds", async () => {
    const { press, item } = await page();
    await press("{Control>}k{/Control}");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("palette-input")));
    await press("zebra{Enter}");
    expect(screen.getByText(/Nothing that can be done/)).toBeTruthy();
    await press("{Control>}a{/Control}dog{Enter}");
    expect(item()).toBe("1");
  });

  it("stays calm while the server is away, and says what is unsent", async () => {
    const { press, item, server, desk } = await page();
    server.up = false;
    await press("1");
    await press("2");
    expect(item()).toBe("2");
    expect(screen.getByTestId("away").textContent).toContain("kept here");
    expect(screen.getByTestId("learner").textContent).toBe("not connected");
    expect(screen.getByTestId("unsent").dataset.count).toBe("2");
    expect(screen.getByTestId("progress").dataset.labelled).toBe("2");
    server.up = true;
    act(() => desk.connection.wake());
    await act(() => settle(200));
    expect(screen.queryByTestId("away")).toBeNull();
    expect(screen.getByTestId("learner").textContent).toBe("waiting for first labels");
    expect(server.labels.size).toBe(2);
  });

  it("asks for the name once, and takes the first answer for a no", async () => {
    const made = await page({ name: undefined });
    expect(screen.queryByTestId("name-strip")).toBeNull(); // a name is known here
    act(() => made.desk.name.set(null));
    expect(screen.getByTestId("name-strip")).toBeTruthy();
    await made.press("1");
    expect(screen.queryByTestId("name-strip")).toBeNull();
    expect(made.server.told[0]?.by).toBe("me");
  });

  it("shows a model that trains in the background, and stops it", async () => {
    const { desk, user } = await page({}, <Background />);
    expect(screen.queryByTestId("background")).toBeNull(); // the usual model needs no switch
    const background = learner({ phase: "training", fraction: 0.4, note: "epoch 4 of 10", labels: 60 });
    act(() => desk.heard(progress({ background: { ...background, version: "m60" } })));
    expect(screen.getByTestId("background").textContent).toContain("Training… 40 %");
    expect(screen.getByTestId("background").textContent).toContain("The last one learned from 60 labels.");
    expect(screen.getByRole("progressbar", { name: "How far the training is" })).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Stop training" }));
    expect(screen.getByTestId("background").dataset.phase).toBe("stopped");
    await user.click(screen.getByRole("button", { name: "Train again" }));
    expect(screen.getByTestId("background").dataset.phase).toBe("starting");
    act(() => desk.heard(progress({ background: { ...background, phase: "idle", fraction: null } })));
    expect(screen.getByRole("button", { name: "Pause training" })).toBeTruthy();
  });

  it("shows a class that somebody else adds, and settings that somebody else changes", async () => {
    const { desk, server } = await page();
    const settings = { ...campaign().settings, title: "Beasts" };
    server.campaign = () =>
      Promise.resolve(
        campaign(["cat", "dog", "eel"], { settings, progress: progress({ head: 9, frame: 9 }) }),
      );
    await act(async () => {
      desk.heard(progress({ head: 9, frame: 9 }));
      await settle(60);
    });
    expect(screen.getByTestId("class-eel")).toBeTruthy();
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Beasts");
  });

  it("keeps what is being edited apart from what others change", async () => {
    const { desk, user } = await page({}, <SettingsView />);
    await user.type(screen.getByLabelText("Budget"), "15");
    await act(async () => {
      const settings = { ...campaign().settings, title: "Beasts" };
      desk.campaign.update((now) => ({ ...now, settings }));
    });
    expect((screen.getByLabelText("Title") as HTMLInputElement).value).toBe("Beasts");
    let sent: unknown = null;
    desk.wire.changeSettings = (_, changes) => {
      sent = changes;
      return Promise.resolve({});
    };
    await user.click(screen.getByTestId("settings-save"));
    await act(() => settle(60));
    expect(sent).toEqual({ budget: 15 });
  });

  it("ends with what was reached, and a way on", async () => {
    const { press } = await page({ server: new FakeServer(2) });
    await press("1");
    await press("1");
    expect(screen.getByTestId("finished").textContent).toContain("Every item has its label.");
    await press("{Control>}z{/Control}");
    expect(screen.getByTestId("question").dataset.item).toBe("1");
  });
});
