import { expect, it } from "vitest";
import { kept } from "../../src/base/kept.js";

it("keeps what was made under a name, and no more than it may", () => {
  const keep = kept<string>(2);
  const made: string[] = [];
  const ask = (name: string) =>
    keep(name, () => {
      made.push(name);
      return name.toUpperCase();
    });
  expect(["a", "b", "a", "b"].map(ask)).toEqual(["A", "B", "A", "B"]);
  expect(made).toEqual(["a", "b"]);
  expect(["c", "c", "a"].map(ask)).toEqual(["C", "C", "A"]);
  expect(made).toEqual(["a", "b", "c", "a"]);
});

it("keeps nothing of what could not be made", () => {
  const keep = kept<string>(2);
  const fail = () => {
    throw new RangeError("no");
  };
  expect(() => keep("a", fail)).toThrow("no");
  expect(keep("a", () => "made")).toBe("made");
});
