// Money is conserved (I5) on random walks: nothing is lost, doubled, added or hidden, whatever happens in whatever order.
import { expect, it } from "vitest";
import type * as Walks from "../support/walks.js";
import { compiled } from "./compiled.js";

const { walk } = await compiled<typeof Walks>("walks");

const wanted: Readonly<Record<string, number>> = { complete: 500, huge: 20_000 };
const WALKS = Number(process.env["DECOM_WALKS"] ?? wanted[process.env["DECOM_MATRIX"] ?? ""] ?? 20);
const SEED = Number(process.env["DECOM_SEED"] ?? 5);
const HOURS_MS = 36_000_000;

it(
  `money is conserved (I5) on ${WALKS} random walks of up to 14 steps`,
  async () => {
    expect(await walk("podp-tiny", WALKS, SEED)).toBeGreaterThanOrEqual(WALKS);
  },
  HOURS_MS,
);
