// The dialects a model can name, one line each.
import { edc } from "./edc.js";
import { unionpay } from "./unionpay.js";

export const dialects = { unionpay, edc } as const;
export type DialectName = keyof typeof dialects;
