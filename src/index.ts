// Package entry: run a decommission from a program. No native module is loaded before a serial port is opened.
export { families } from "../protocols/index.js";
export { type Clock, systemClock } from "./base/clock.js";
export { type Disk, systemDisk } from "./base/disk.js";
export { codes, DecomError, type DidItHappen, type EndState, type ErrorCode } from "./base/errors.js";
export { type Log, silent } from "./base/log.js";
export { type Random, systemRandom } from "./base/random.js";
export { type BenchRequest, openBench } from "./cli/bench.js";
export { type Algorithm, type InitRequest, initBenchKeys, openStation, type Station, type StationFacts } from "./evidence/keys.js";
export type { SignedOrder } from "./evidence/order.js";
export type { Link, LinkEvents } from "./link/link.js";
export { openSpec } from "./link/open.js";
export { type PortSpec, parsePortSpec } from "./link/spec.js";
export type { Bench, RunEvent } from "./procedure/context.js";
export { abandon, type Connection, connect, decommission, type RunRequest, resume } from "./procedure/decommission.js";
export type { RunResult } from "./procedure/finish.js";
export { type Survey, type SurveyRequest, survey } from "./procedure/survey.js";
export type { Family, Mark, Terminal } from "./terminal/driver.js";
export type { Model } from "./terminal/model.js";
