import { describeSettings, type SettingDescription } from "../../src/kernel/index.ts";

/** The value a setting has in `config/default.json`. */
function defaultOf(defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>>, path: string): string {
  const [section = "", key = ""] = path.split(".");
  return JSON.stringify(defaults[section]?.[key]);
}

const code = (text: string): string => (text === "" ? "" : `\`${text.replaceAll("|", "\\|")}\``);

function row(setting: SettingDescription, value: string): string {
  return `| \`${setting.path}\` | \`${setting.environment}\` | ${value} | ${setting.unit} | ${code(setting.range)} | ${setting.meaning} |`;
}

/** The fields of a list's entries. */
function entryTable(path: string, fields: readonly SettingDescription[]): readonly string[] {
  return [
    `## Entries of \`${path}\``,
    "",
    "| field | when left out | unit | accepted | meaning | example |",
    "|---|---|---|---|---|---|",
    ...fields.map(
      (field) =>
        `| \`${field.path.slice(path.length + 3)}\` | ${field.whenLeftOut ?? ""} | ${field.unit} | ${code(field.range)} | ${field.meaning} | \`${field.example}\` |`,
    ),
    "",
  ];
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
    ...describeSettings().flatMap(({ path, fields }) => (fields === undefined ? [] : entryTable(path, fields))),
    "Every command also takes `--data-dir` (default `./data`), `--key-file` (default: the data folder's name with `.key`, beside it)",
    "and `--config FILE`.",
    "",
  ].join("\n");
}
