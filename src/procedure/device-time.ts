// Times as terminals tell them: two-digit numbers by a clock of their own, which may be wrong or stand in another time zone.

/** `YYMMDDhhmmss` as milliseconds since 1970 if that clock showed UTC; undefined when there is no such time. */
export function deviceTime(text: string): number | undefined {
  const [, ...parts] = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text) ?? [];
  const [year = 0, month = 1, day = 1, ...time] = parts.map(Number);
  const at = new Date(Date.UTC(2000 + year, month - 1, day, time[0], time[1], time[2]));
  const exists = parts.length > 0 && at.toISOString().replaceAll(/\D/g, "").slice(2, 14) === text; // 30 February is not 2 March
  return exists ? at.getTime() : undefined;
}
