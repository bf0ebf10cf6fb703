#!/usr/bin/env node
// The `decom` command.
import { systemIo } from "./io.js";
import { decom } from "./program.js";
import { leave } from "./stop.js";

await leave(await decom(process.argv.slice(2), systemIo()));
