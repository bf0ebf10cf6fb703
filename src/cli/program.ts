// The commands, their options and how each is answered. A command's own code is loaded only when it is called.
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { codes } from "../base/codes.js";
import { asDecomError, DecomError } from "../base/errors.js";
import { words } from "../base/words.js";
import { complain, errorJson, type Io, type Told, toLine } from "./io.js";
import { version } from "./version.js";

const { cli } = words;
const { option } = cli;

/** Runs one command line and returns its exit code. Throws nothing. */
export async function decom(argv: readonly string[], io: Io): Promise<number> {
  const json = argv.includes("--json");
  let told: Told | undefined;
  try {
    await program(io, (answer) => {
      told = answer;
    }).parseAsync(argv, { from: "user" });
    if (told === undefined) return 0;
    if (json) io.out(toLine(told.json));
    else for (const line of told.text) io.out(line);
    return told.exit;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    if (thrown instanceof CommanderError && thrown.code === "commander.help") return codes["args.invalid"].exit; // it has been shown
    const error =
      thrown instanceof CommanderError ? new DecomError("args.invalid", thrown.message.replace(/^error: /, "")) : asDecomError(thrown);
    complain(io, error);
    if (json) io.out(toLine(errorJson(error)));
    return error.row.exit;
  }
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[0-9]{1,15}$/.test(text) || value < min || value > max) throw new InvalidArgumentError(cli.whole(min, max));
    return value;
  };
}

function oneOf(...names: readonly string[]): (text: string) => string {
  return (text) => {
    if (!names.includes(text)) throw new InvalidArgumentError(cli.oneOf(names.join(", ")));
    return text;
  };
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds from `90m`, `12h` or `14d`. */
function duration(text: string): number {
  const [, number = "", unit = ""] = /^([0-9]{1,6})([mhd])$/.exec(text) ?? [];
  if (!(unit in UNITS)) throw new InvalidArgumentError(cli.duration);
  return Number(number) * UNITS[unit as keyof typeof UNITS]; // just looked up
}

function speed(text: string): number | "max" {
  if (text === "max") return text;
  const value = Number(text);
  if (!/^[0-9]+(?:\.[0-9]+)?$/.test(text) || value === 0) throw new InvalidArgumentError(cli.oneOf("N, max"));
  return value;
}

const withPort = (command: Command) =>
  command
    .option("--port <address>", option.port)
    .option("--baud <n>", option.baud, whole(300, 4_000_000))
    .option("--patience <ms>", option.patience, whole(100, 600_000));
const withKeys = (command: Command) =>
  command.option("--keys <dir>", option.keys).option("--passphrase-fd <n>", option.passphraseFd, whole(0, 1023));
const withOut = (command: Command) => command.option("--out <dir>", option.out);
const withRecipients = (command: Command) => command.option("--seal-to <party=pem...>", option.sealTo);
const withIsolation = (command: Command) => command.option("--isolated <ways>", option.isolated);
const withOrder = (command: Command) => command.option("--order <path>", option.order).option("--sig <file>", option.orderSignature);
const withPeople = (command: Command) =>
  command
    .option("--operator <id>", option.operator)
    .option("--witness <id>", option.witness)
    .option("--expect-serial <sn>", option.expectSerial)
    .option("--yes", option.yes)
    .option("--events", option.events);

function program(io: Io, answer: (told: Told | undefined) => void): Command {
  const root = new Command("decom")
    .description(cli.about)
    .version(version(), "--version", option.version)
    .helpOption("-h, --help", option.help)
    .helpCommand(false)
    .addHelpText("after", `\n${cli.example}`)
    .configureHelp({ styleTitle: (title) => (title in cli.heading ? cli.heading[title as keyof typeof cli.heading] : title) }) // just checked
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
      outputError: () => undefined,
    })
    .exitOverride();
  /** Loads the command's function, runs it with its options and arguments, and keeps what it tells. */
  type Run<O> = (options: O, io: Io) => Promise<Told | undefined>;
  const on = <O>(command: Command, load: () => Promise<Run<O>>) =>
    command
      .option("--json", option.json)
      .option("--log <level>", option.log)
      .action(async (...given: unknown[]) => {
        const file = typeof given[0] === "string" ? { file: given[0] } : {};
        const run = await load();
        answer(await run({ ...command.opts(), ...file } as O, io)); // what the options above declare
      });
  const add = (name: string, description: string, parent = root) => parent.command(name).description(description);
  const c = cli.command;

  on(add("ports", c.ports), async () => (await import("./commands/ports.js")).ports);
  on(withPort(add("identify", c.identify)), async () => (await import("./commands/identify.js")).identify);
  on(
    withIsolation(withRecipients(withPeople(withOrder(withOut(withKeys(withPort(add("run", c.run))))))))
      .option("--bench", option.bench)
      .option("--dry-run", option.dryRun)
      .option("--fill <mode>", option.fill, oneOf("stream", "seed")),
    async () => (await import("./commands/run.js")).run,
  );
  on(
    withIsolation(withRecipients(withPeople(withOrder(withOut(withKeys(withPort(add("resume", c.resume)))))))),
    async () => (await import("./commands/run.js")).resume,
  );
  on(withOut(add("status", c.status)), async () => (await import("./commands/status.js")).status);
  on(
    withOut(add("holds", c.holds))
      .option("--older-than <time>", option.olderThan, duration)
      .option("--keys <dir>", option.keys)
      .option("--trust <pem>", option.trust),
    async () => (await import("./commands/holds.js")).holds,
  );
  on(
    withOut(withKeys(add("abandon", c.abandon)))
      .option("--serial <sn>", option.serial)
      .option("--yes", option.yes),
    async () => (await import("./commands/abandon.js")).abandon,
  );
  on(
    add("verify", c.verify)
      .argument("<file>", option.file)
      .option("--signature <file>", option.signature)
      .option("--trust <pem>", option.trust)
      .option("--production", option.production)
      .option("--archive <file>", option.archive),
    async () => (await import("./commands/verify.js")).verify,
  );
  on(
    add("open", c.archiveOpen, add("archive", c.archive))
      .argument("<file>", option.archiveFile)
      .option("--key <pem>", option.archiveKey)
      .option("--passphrase-fd <n>", option.passphraseFd, whole(0, 1023))
      .option("--to <file>", option.archiveTo),
    async () => (await import("./commands/archive.js")).archiveOpen,
  );
  on(
    add("simulate", c.simulate)
      .option("--pty", option.pty)
      .option("--tcp <port>", option.tcp, whole(0, 65_535))
      .option("--model <name>", option.model)
      .option("--seed <n>", option.seed, whole(0, 999_999_999_999))
      .option("--state <dir>", option.state)
      .option("--owner <pem>", option.owner)
      .option("--cut <point>", option.cut)
      .option("--speed <n>", option.speed, speed)
      .option("--baud <n>", option.paceBaud, whole(300, 4_000_000))
      .option("--scenario <name>", option.scenario)
      .option("--list", option.list)
      .option("--inspect <dir>", option.inspect),
    async () => (await import("./commands/simulate.js")).simulate,
  );
  const keys = add("keys", c.keys);
  on(
    withKeys(add("init", c.keysInit, keys))
      .option("--dir <dir>", option.dir)
      .option("--bench", option.benchKeys)
      .option("--algorithm <name>", option.algorithm, oneOf("rsa3072", "p256")),
    async () => (await import("./commands/keys.js")).keysInit,
  );
  on(withKeys(add("show", c.keysShow, keys)), async () => (await import("./commands/keys.js")).keysShow);
  const order = add("order", c.order);
  on(
    add("check", c.orderCheck, order)
      .argument("<file>", option.orderFile)
      .option("--sig <file>", option.orderSignature)
      .option("--serial <sn>", option.serial)
      .option("--trust <pem>", option.trust)
      .option("--keys <dir>", option.keys),
    async () => (await import("./commands/order.js")).orderCheck,
  );
  on(
    withKeys(add("sign", c.orderSign, order).argument("<file>", option.draftFile)),
    async () => (await import("./commands/order.js")).orderSign,
  );
  on(withKeys(withPort(add("conform", c.conform))), async () => (await import("./commands/conform.js")).conform);
  on(withOut(withKeys(add("doctor", c.doctor))), async () => (await import("./commands/doctor.js")).doctor);
  return root;
}
