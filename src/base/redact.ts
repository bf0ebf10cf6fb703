// Takes card numbers out of text before it is logged, recorded or thrown.

/** 13 to 19 digits, possibly grouped by single spaces or hyphens. */
const DIGIT_RUN = /(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])/g;

export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    let d = digits.charCodeAt(digits.length - 1 - i) - 48;
    if (i % 2 === 1) d = d > 4 ? d * 2 - 9 : d * 2;
    sum += d;
  }
  return sum % 10 === 0;
}

/** First six and last four digits stay, as the card brands permit. */
export function maskPan(digits: string): string {
  return `${digits.slice(0, 6)}${"*".repeat(Math.max(0, digits.length - 10))}${digits.slice(-4)}`;
}

/** Masks every Luhn-valid digit run in a text. */
export function redact(text: string): string {
  return text.replaceAll(DIGIT_RUN, (run) => {
    const digits = run.replaceAll(/[ -]/g, "");
    return passesLuhn(digits) ? maskPan(digits) : run;
  });
}
