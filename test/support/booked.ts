// What every settlement has to come to: each item at the host once, none left in the terminal, no rule broken.
import { expect } from "vitest";
import type { World } from "./world.js";

export function expectBookedOnce(world: World): void {
  const { bookings, start, terminal, violations } = world.inspect();
  expect(bookings.map(({ account, stan }) => `${account} ${stan}`).sort()).toEqual(
    start.map(({ account, stan }) => `${account} ${stan}`).sort(),
  );
  expect([terminal, violations]).toEqual([[], []]);
}
