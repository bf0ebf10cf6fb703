// One erase of one block, and how often the firmware tries before it calls the block bad.
import { isFilledWith } from "../base/bytes.js";
import type { Body } from "./body.js";

/** Erases that a block gets at most; a wipe's estimate leaves room for twice its time. */
export const MAX_ERASES = 2;

/** Whether the firmware finds the block blank after its `nth` erase, from 1. */
export function eraseBlock(body: Body, area: number, block: number, nth: number): boolean {
  const { firmware, options, stores } = body;
  const fails = options.stuck?.includes(area) === true || (options.weak?.includes(area) === true && block === 0 && nth === 1);
  if (!fails && firmware.erases(body, area, block)) stores.flash.erase(area, block);
  const size = stores.flash.block(area);
  return firmware.reports(isFilledWith(stores.flash.bytes(area).subarray(block * size, (block + 1) * size), 0xff));
}

/** All blocks of an area in one go; whether all are blank now. */
export function eraseArea(body: Body, area: number): boolean {
  const { flash } = body.stores;
  const blocks = Array.from({ length: flash.bytes(area).length / flash.block(area) }, (_, block) => block);
  const tries = Array.from({ length: MAX_ERASES }, (_, i) => i + 1);
  const bad = blocks.filter((block) => !tries.some((nth) => eraseBlock(body, area, block, nth)));
  return bad.length === 0;
}
