import { describeSettings, type SettingDescription } from "../../src/kernel/index.ts";

/** The value a setting has in `config/default.json`. */
function defaultOf(defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>>, path: string): string {
  const [section = "", key = ""] = path.split(".");
  return JSON.stringify(defaults[section]?.[key]);
}

function row(setting: SettingDescription, value: string): string {
  const range = setting.range.replaceAll("|", "\\|");
  return `| \`${setting.path}\` | \`${setting.environment}\` | ${value} | ${setting.unit} | ${range === "" ? "" : `\`${range}\``} | ${setting.meaning} |`;
}

/** `docs/reference/config.md`, made from the schema and the shipped defaults. */
export function configPage(defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>>): string {
  return [
    "# Settings",
    "",
    "Made from `src/kernel/config-schema.ts` and `config/default.json` by `npm run docs`; a test compares it.",
    "Order of precedence: environment, then the file given by `--config`, then `config/default.json`.",
    "A bad setting stops the start with its name, the problem and a valid example. No secret is a setting.",
    "",
    "| setting | environment | default | unit | accepted | meaning |",
    "|---|---|---|---|---|---|",
    ...describeSettings().map((setting) => row(setting, defaultOf(defaults, setting.path))),
    "",
    "Every command also takes `--data-dir` (default `./data`), `--key-file` (default: the data folder's name with `.key`, beside it)",
    "and `--config FILE`.",
    "",
  ].join("\n");
}
