// UnionPay-like settlement: totals and their verdict in field 48, records in lists, an end message with their count.

import { shape } from "../shape.js";
import { type Dialect, row, type Send, takenBack, toHost } from "./dialect.js";

const terminal = { 11: "{trace:6}", 41: "{tid:8a}", 42: "{mid:15a}" };
const host = { ...terminal, 12: "{time:6}", 13: "{date:4}", 37: "?{reference:12a}", 39: "{code:2a}" };

/** Domestic cards, then foreign ones; the simulated cards are all domestic. Debits before credits, amount before count, then a flag. */
const totals = (domestic: string, foreign: string) =>
  `{debit:12}{debitCount:3}{credit:12}{creditCount:3}${domestic}${"0".repeat(30)}${foreign}`;
/** An answer about totals: flags where they were compared, a code where they were not. */
const compared = { ...host, 39: "?{code:2a}", 48: `?${totals("{flag:1}", "{foreignFlag:1}")}` };

/** Field 60: kind of transaction, batch, network code. */
const about = (type: string, network: string) => `${type}{batch:6}${network}`;

const single = (ask: string, answer: string, about60: string, processing = toHost): Send => ({
  ask: shape(ask, { 2: "?{pan:*}", 3: "{processing:6}", 4: "{amount:12}", ...terminal, 49: "{currency:3}", 60: about60 }),
  answer: shape(answer, { ...host, 60: about60 }),
  processing,
});
/** Work without a card: the digest of its record stands for a picture or a script's result. */
const bare = (ask: string, answer: string, about60: string): Send => ({
  ask: shape(ask, { 3: "{processing:6}", 4: "{amount:12}", ...terminal, 49: "{currency:3}", 60: about60, 62: "{digest:64a}" }),
  answer: shape(answer, { ...host, 60: about60 }),
  processing: toHost,
});

export const unionpay: Dialect = {
  name: "unionpay",
  signIn: {
    ask: shape("0800", { ...terminal, 60: about("00", "001"), 63: "01 " }),
    answer: shape("0810", { ...host, 60: "00{openBatch:6}001" }),
  },
  settle: {
    ask: shape("0500", { ...terminal, 48: totals("0", "0"), 49: "{currency:3}", 60: about("00", "201"), 63: "01 " }),
    answer: shape("0510", { ...compared, 60: about("00", "201") }),
  },
  upload: {
    debit: {
      ask: shape("0320", { ...terminal, 48: "{count:2}{list:*}", 49: "{currency:3}", 60: about("00", "201") }),
      answer: shape("0330", { ...host, 60: about("00", "201") }),
      list: { most: 8, row: row("00{original:6}{pan:20}{amount:12}") },
    },
    credit: {
      ask: shape("0320", {
        2: "?{pan:*}",
        3: "200000",
        4: "{amount:12}",
        ...terminal,
        49: "{currency:3}",
        60: about("25", "000"),
        61: "{batch:6}{original:6}",
      }),
      answer: shape("0330", { ...host, 60: about("25", "000") }),
    },
  },
  end: {
    ask: shape("0320", { ...terminal, 48: "{count:4}", 60: about("00", "202") }),
    answer: shape("0330", { ...compared, 60: about("00", "202") }),
  },
  rounds: 1,
  farewell: {
    ask: shape("0320", { ...terminal, 48: "{count:4}", 60: about("00", "207") }),
    answer: shape("0330", { ...host, 60: about("00", "207") }),
  },
  verdict: { by: ["flag", "foreignFlag"], equal: ["1"], different: ["2"], error: "3" },
  sends: {
    U03: single("0400", "0410", about("22", "000"), takenBack),
    U05: single("0220", "0230", about("30", "000")),
    U08: bare("0820", "0830", about("07", "800")),
    U09: bare("0620", "0630", about("00", "951")),
    U11: single("0220", "0230", about("24", "000")),
    U12: single("0220", "0230", about("34", "000")),
    U14: single("0100", "0110", about("22", "000")),
    U20: single("0220", "0230", about("36", "000")),
    U21: single("0320", "0330", about("00", "204")),
    U22: single("0220", "0230", about("22", "000")),
  },
  query: {
    ask: shape("0600", { ...terminal, 60: about("00", "208") }),
    answer: shape("0610", {
      ...terminal,
      13: "?{date:4}",
      37: "?{reference:12a}",
      39: "{code:2a}",
      48: `?${totals("0", "0")}`,
      60: about("00", "208"),
    }),
  },
};
