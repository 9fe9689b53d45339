import { describe, expect, it } from "vitest";
import { LeadTimer } from "../src/state/timer";

function timer() {
  let now = 0;
  const made = new LeadTimer(() => now);
  return { made, pass: (seconds: number) => (now += seconds * 1000) };
}

describe("the lead time", () => {
  it("runs from the moment a question is shown", () => {
    const { made, pass } = timer();
    pass(99);
    made.start();
    pass(3.24);
    expect(made.seconds()).toBe(3.2);
  });

  it("counts only the first minute of a pause", () => {
    const { made, pass } = timer();
    made.start();
    pass(5);
    made.active();
    pass(3600);
    made.active();
    pass(2);
    expect(made.seconds()).toBe(67);
  });

  it("does not run while the page is hidden", () => {
    const { made, pass } = timer();
    made.start();
    pass(4);
    made.pause();
    pass(500);
    made.resume();
    pass(1);
    expect(made.seconds()).toBe(5);
  });

  it("waits for the page to be seen", () => {
    const { made, pass } = timer();
    made.start(false);
    pass(30);
    expect(made.seconds()).toBe(0);
    made.resume();
    made.resume();
    pass(2);
    expect(made.seconds()).toBe(2);
  });

  it("starts anew with every question", () => {
    const { made, pass } = timer();
    made.start();
    pass(10);
    made.active();
    made.start();
    pass(1);
    expect(made.seconds()).toBe(1);
  });
});
