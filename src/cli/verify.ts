import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { verifyPackage } from "../export-gate/index.ts";
import { CodedError, KernelError, parseVerifierKey } from "../kernel/index.ts";
import { type ParsedCommand, parseCommand, UsageError } from "./options.ts";
import { verifyLog } from "./verify-log.ts";
import { fileSource, folderSource, keepLog, type LogSource, urlSource, VerifyError } from "./verify-sources.ts";

const usage = `Usage:
  npm run --silent verify -- log [--data-dir DIR] [--key-file FILE]     the stopped platform's own folder
  npm run --silent verify -- log --url URL --log-key VKEY               a running gateway; access token in HANGUANG_TOKEN
  npm run --silent verify -- log --leaves FILE --checkpoint FILE --log-key VKEY
  npm run --silent verify -- package FILE --package-key VKEY --log-key VKEY

  --log-key VKEY      the log's verifier key, as it was published (or HANGUANG_LOG_KEY)
  --package-key VKEY  the verifier key of packages, as it was published
  --save DIR          keep what was read: DIR/leaves.ndjson and DIR/checkpoint
  --json              one line for machines

Exit: 0 all of it holds · 1 something does not hold · 2 it could not be checked.
`;

const options = {
  url: { type: "string" },
  leaves: { type: "string" },
  checkpoint: { type: "string" },
  "log-key": { type: "string" },
  "package-key": { type: "string" },
  save: { type: "string" },
  json: { type: "boolean" },
} as const;

type Values = ParsedCommand["values"];
const textOf = (values: Values, name: string): string | undefined =>
  values[name] === undefined ? undefined : String(values[name]);

function say(values: Values, verdict: object, lines: readonly string[]): void {
  console.log(values["json"] === true ? JSON.stringify(verdict) : lines.join("\n"));
}

function keyOf(text: string | undefined, option: string): string {
  if (text === undefined)
    throw new UsageError(
      `${option} is missing: the key as it was published. GET /log/key shows what the platform says; compare before you trust it.`,
    );
  try {
    parseVerifierKey(text);
    return text;
  } catch (error) {
    if (error instanceof KernelError) throw new UsageError(`${option}: ${error.message}. It looks like name+1a2b3c4d+base64.`);
    throw error;
  }
}

async function openSource({ common, values }: ParsedCommand, keyGiven: boolean): Promise<LogSource> {
  const [url, leaves, checkpoint] = ["url", "leaves", "checkpoint"].map((name) => textOf(values, name));
  if (url !== undefined && !URL.canParse(url)) throw new UsageError("--url: no address. A valid example: http://127.0.0.1:7310");
  if (leaves !== undefined && checkpoint === undefined) throw new UsageError("--leaves needs --checkpoint.");
  if (leaves === undefined && checkpoint !== undefined) throw new UsageError("--checkpoint needs --leaves.");
  if (leaves !== undefined && url !== undefined) throw new UsageError("--leaves and --url exclude one another.");
  if (leaves !== undefined && checkpoint !== undefined) return fileSource(resolve(leaves), resolve(checkpoint));
  if (url !== undefined) return urlSource(url, process.env["HANGUANG_TOKEN"]);
  return folderSource(common, !keyGiven);
}

async function verifyLogCommand(command: ParsedCommand): Promise<boolean> {
  const { values } = command;
  const given = textOf(values, "log-key") ?? process.env["HANGUANG_LOG_KEY"];
  if (given !== undefined || values["url"] !== undefined || values["leaves"] !== undefined) keyOf(given, "--log-key");
  const opened = await openSource(command, given !== undefined);
  try {
    const folder = textOf(values, "save");
    const source = folder === undefined ? opened : await keepLog(opened, resolve(folder));
    const key = parseVerifierKey(keyOf(given ?? source.key, "--log-key"));
    const verdict = await verifyLog(source.entries(), source.checkpoint, key, (checked, of) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${checked} of ${of} events `);
    });
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
    const lines = verdict.ok
      ? [
          `The log of ${verdict.origin} holds: ${verdict.size} events, root ${verdict.root}, ${verdict.beyond} after the checkpoint.`,
        ]
      : [`The log does NOT hold. ${verdict.message}`];
    say(values, verdict, lines);
    return verdict.ok;
  } finally {
    await opened.close();
  }
}

async function verifyPackageCommand({ values, positionals }: ParsedCommand): Promise<boolean> {
  const [, file] = positionals;
  if (file === undefined) throw new UsageError("Name the package's file.");
  const packageKey = keyOf(textOf(values, "package-key"), "--package-key");
  const logKey = keyOf(textOf(values, "log-key") ?? process.env["HANGUANG_LOG_KEY"], "--log-key");
  const archive = await readFile(file).catch((cause: unknown) => {
    throw new VerifyError(`${file} cannot be read.`, { cause });
  });
  const findings = await verifyPackage(archive, { packageKey, logKey });
  const ok = findings.every((finding) => finding.ok);
  const lines = findings.map((finding) => `${finding.ok ? "✓" : "✗"} ${finding.check}: ${finding.note}`);
  say(values, { ok, findings }, [...lines, ok ? "The package holds." : "The package does NOT hold."]);
  return ok;
}

/** One sentence for the person at the terminal, and the cause if there is one. */
function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\n\n${usage}`;
  if (!(error instanceof CodedError || error instanceof VerifyError))
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const hint =
    error instanceof CodedError && error.code === "STORE_FOLDER_IN_USE" ? "\nA running gateway is verified with --url URL." : "";
  const cause = error.cause instanceof Error ? `\nBecause: ${error.cause.message}` : "";
  return `${error.message}${hint}${cause}`;
}

try {
  const command = parseCommand(process.argv.slice(2), options);
  const [what] = command.positionals;
  switch (what) {
    case "log":
      process.exitCode = (await verifyLogCommand(command)) ? 0 : 1;
      break;
    case "package":
      process.exitCode = (await verifyPackageCommand(command)) ? 0 : 1;
      break;
    default:
      throw new UsageError(what === undefined ? "What is to be verified: log or package?" : `Neither log nor package: ${what}`);
  }
} catch (error) {
  console.error(explain(error));
  process.exitCode = 2;
}
