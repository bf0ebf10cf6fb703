// Package entry `./verify`: checks certificates, and needs neither serial ports nor keys.
export { type Finding, type Severity, type Status, statuses, type VerifierCode, verifierCodes } from "./evidence/codes.js";
export { readCertificates } from "./evidence/envelope/pem.js";
export type { OrderFacts, Policy, RuleContext } from "./evidence/statement/rules.js";
export { checkStatement } from "./evidence/statement/rules.js";
export { parseStatement, STATEMENT_TYPE, type Statement } from "./evidence/statement/statement.js";
export { type CertificateFiles, type Levels, type Verification, type VerifyContext, verify } from "./evidence/verify.js";
