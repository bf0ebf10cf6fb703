// EDC-like settlement: totals in field 63, the verdict in field 39, every record in a message of its own, then the totals again.

import { shape } from "../shape.js";
import { type Dialect, type Send, takenBack, toHost } from "./dialect.js";

const terminal = { 11: "{trace:6}", 24: "001", 41: "{tid:8a}", 42: "{mid:15a}" };
const host = { ...terminal, 12: "{time:6}", 13: "{date:4}", 37: "?{reference:12a}", 39: "{code:2a}", 60: "{batch:6}" };

/** Sales, then refunds: count before amount. Filled up to 90 characters. */
const totals = `{debitCount:3}{debit:12}{creditCount:3}{credit:12}${"0".repeat(60)}`;

const closing = (processing: string) => ({
  ask: shape("0500", { 3: processing, ...terminal, 49: "{currency:3}", 60: "{batch:6}", 62: "{trace:6}", 63: totals }),
  answer: shape("0510", { 3: processing, ...host, 63: `?${totals}` }),
});
const record = (processing: string) => ({
  ask: shape("0320", {
    2: "?{pan:*}",
    3: processing,
    4: "{amount:12}",
    ...terminal,
    49: "{currency:3}",
    60: "{batch:6}0200{original:6}",
    62: "{original:6}",
  }),
  answer: shape("0330", { 3: processing, ...host }),
});
/** Field 60: batch, then the kind of work. */
const single = (ask: string, answer: string, type: string, processing = toHost): Send => ({
  ask: shape(ask, {
    2: "?{pan:*}",
    3: "{processing:6}",
    4: "{amount:12}",
    ...terminal,
    25: "00",
    49: "{currency:3}",
    60: `{batch:6}${type}`,
    62: "{trace:6}",
  }),
  answer: shape(answer, { 3: "{processing:6}", ...host }),
  processing,
});
const bare = (ask: string, answer: string, type: string): Send => ({
  ask: shape(ask, { 3: "{processing:6}", 4: "{amount:12}", ...terminal, 49: "{currency:3}", 60: `{batch:6}${type}`, 62: "{digest:64a}" }),
  answer: shape(answer, host),
  processing: toHost,
});

export const edc: Dialect = {
  name: "edc",
  signIn: {
    ask: shape("0800", { 3: "920000", ...terminal, 60: "{batch:6}" }),
    answer: shape("0810", { 3: "920000", ...host }),
  },
  settle: closing("920000"),
  upload: { debit: record("000000"), credit: record("200000") },
  end: closing("960000"),
  rounds: 2,
  verdict: { by: ["code"], equal: ["00", "77"], different: ["95", "R5"] },
  sends: {
    U03: single("0400", "0410", "00", takenBack),
    U05: single("0220", "0230", "30"),
    U08: bare("0820", "0830", "07"),
    U09: bare("0620", "0630", "00"),
    U11: single("0220", "0230", "24"),
    U12: single("0220", "0230", "34"),
    U14: single("0100", "0110", "22"),
    U20: single("0220", "0230", "36"),
    U21: single("0220", "0230", "21"),
    U22: single("0220", "0230", "22"),
  },
  query: {
    ask: shape("0600", { 3: "930000", ...terminal, 60: "{batch:6}" }),
    answer: shape("0610", {
      3: "930000",
      ...terminal,
      13: "?{date:4}",
      37: "?{reference:12a}",
      39: "{code:2a}",
      60: "{batch:6}",
      63: `?${totals}`,
    }),
  },
};
