// Amounts: whole minor units with their currency, never a float, never a bare number.

/** ISO 4217 numeric code, three digits, as terminals carry it (5F2A). */
export type Currency = string & { readonly brand?: "iso4217-numeric" };

export type Direction = "debit" | "credit";

export interface Money {
  readonly minor: bigint;
  readonly currency: Currency;
}

const ALPHA: Readonly<Record<string, string>> = { "156": "CNY", "840": "USD", "978": "EUR", "344": "HKD", "756": "CHF", "152": "CLP" };

/** Alphabetic code for documents and people; a code this table lacks stays numeric. */
export function alphabetic(currency: Currency): string {
  return ALPHA[currency] ?? currency;
}

/** Numeric code as terminals carry it, of either form; a code the table lacks is returned as it is. */
export function numeric(code: string): Currency {
  return Object.keys(ALPHA).find((number) => ALPHA[number] === code) ?? code;
}
