// Money is conserved (I5) on random walks: nothing is lost, doubled, added or hidden, whatever happens in whatever order.
import { expect, it } from "vitest";
import type * as Walks from "../support/walks.js";

/** Compiled by the project's global setup; the same source as the types above. */
const compiled = new URL("../../reports/matrix/test/support/walks.js", import.meta.url).href;
const { walk }: typeof Walks = await import(/* @vite-ignore */ compiled);

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
