// Trace numbers that are missing between records. No proof of anything, since settled records and inquiries use them up too; but it is listed.

const LAST = 999_999;

export interface TraceGap {
  /** First and last number that no record has. */
  readonly from: string;
  readonly to: string;
}

/**
 * Gaps between the lowest and the highest trace number, where the count may have gone from 999999 to 1: the widest gap is what lies
 * outside. Lines without a number (000000) do not count.
 */
export function traceGaps(stans: readonly string[]): readonly TraceGap[] {
  const used = [...new Set(stans.map(Number))].filter((stan) => stan > 0).sort((a, b) => a - b);
  const gaps = used.map((stan, i) => {
    const next = used[i + 1] ?? (used[0] ?? 0) + LAST;
    return { after: stan, missing: next - stan - 1 };
  });
  const outside = gaps.reduce((widest, gap) => (gap.missing > widest.missing ? gap : widest), { after: 0, missing: 0 });
  const name = (n: number) => String(((n - 1) % LAST) + 1).padStart(6, "0");
  return gaps
    .filter((gap) => gap.missing > 0 && gap !== outside)
    .map(({ after, missing }) => ({ from: name(after + 1), to: name(after + missing) }));
}
