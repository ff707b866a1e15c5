import type { ColumnSample, ValueForm } from "../engine/index.ts";
import type { ColumnRole } from "../policy/index.ts";
import { parsePlainText } from "./plain-text.ts";
import { checkColumnName } from "./sql-name.ts";

/** A column as it might be declared, and why. Nothing is published by it. */
export interface ProposedColumn {
  readonly name: string;
  /** The header's text, where it is no SQL name. */
  readonly title?: string | undefined;
  readonly type: string;
  readonly nullable: boolean;
  readonly role: ColumnRole;
  readonly reasons: readonly string[];
  /** Of the sample. */
  readonly nulls: number;
  readonly distinct: number;
}

interface Guess {
  readonly role: ColumnRole;
  readonly reason: string;
}

const formTitles: Readonly<Record<Exclude<ValueForm, "prose">, string>> = {
  "id-card": "an identity card number (身份证号)",
  uscc: "a unified social credit code (统一社会信用代码)",
  mobile: "a mobile phone number",
  email: "an e-mail address",
};

/** Names that tell a role, in the order in which they are asked: the more protected first. */
const namedRoles: readonly (readonly [RegExp, ColumnRole, string])[] = [
  [
    /id_?card|identity|passport|phone|mobile|e_?mail|account|uscc|licen[cs]e|plate|(^|_)name$|身份证|证件|姓名|名称|手机|电话|邮箱|账号|卡号|信用代码|车牌|护照/i,
    "identifier",
    "the name speaks of whom the row is about",
  ],
  [
    /remark|note|comment|descri|content|opinion|diagnosis_text|备注|说明|描述|内容|意见|摘要|主诉/i,
    "free-text",
    "the name speaks of written text",
  ],
  [
    /birth|age$|gender|sex$|ethnic|nation|marri|marital|educat|occup|county|district|town|street|address|postcode|zip|出生|年龄|性别|民族|婚|学历|职业|区县|区划|街道|乡镇|地址|住址|邮编|籍贯/i,
    "quasi-identifier",
    "the name speaks of what others know of a person",
  ],
  [
    /amount|income|tax|cost|price|fee|pay|salary|balance|score|weight|金额|收入|税|费|价|工资|余额|数量/i,
    "measure",
    "the name speaks of an amount",
  ],
];

/** A form counts where four values in five have it: sources hold errors. */
const isMost = (count: number, of: number): boolean => of > 0 && count * 5 >= of * 4;
const isNumber = (type: string): boolean => /^(TINYINT|SMALLINT|INTEGER|BIGINT|DOUBLE|DECIMAL)/.test(type);
/** Fewer values than this repeat or differ by chance. */
const enough = 100;

const codeIsText = "a code is text, even where it is made of digits";

function typeOf(sample: ColumnSample): { readonly type: string; readonly reason: string | undefined } {
  const { types, forms, values, leadingZeros } = sample;
  const coded = (["id-card", "uscc", "mobile"] as const).find((form) => isMost(forms[form], values));
  if (coded !== undefined) return { type: "VARCHAR", reason: codeIsText };
  if (leadingZeros > 0) return { type: "VARCHAR", reason: `${leadingZeros} values begin with a zero that a number would lose` };
  const type = types[0] ?? "VARCHAR";
  return { type, reason: values === 0 ? "the sample holds no value of it" : undefined };
}

function roleOf(sample: ColumnSample, type: string): Guess {
  const { name, values, distinct, forms, maxBytes, meanBytes } = sample;
  for (const [form, title] of Object.entries(formTitles) as readonly (readonly [keyof typeof formTitles, string])[])
    if (isMost(forms[form], values)) return { role: "identifier", reason: `most values have the form of ${title}` };
  for (const [pattern, role, reason] of namedRoles) {
    if (!pattern.test(name)) continue;
    if (role === "measure" && !isNumber(type)) continue;
    if (role === "free-text" && type !== "VARCHAR") continue;
    return { role, reason };
  }
  const isVaried = values >= enough && distinct * 2 > values;
  if (type === "VARCHAR" && (forms.prose * 5 >= values * 2 || (maxBytes > 200 && isVaried)) && values > 0)
    return { role: "free-text", reason: "its values read like written text" };
  if (values >= enough && distinct === values && (type === "VARCHAR" || type === "BIGINT"))
    return { role: "identifier", reason: "no value of it stands twice" };
  if (type === "DATE" || type === "TIMESTAMP") return { role: "quasi-identifier", reason: "days single people out" };
  if (type === "DOUBLE" || type.startsWith("DECIMAL")) return { role: "measure", reason: "it holds numbers with fractions" };
  if (isNumber(type))
    return distinct > 50
      ? { role: "measure", reason: "it holds many different whole numbers" }
      : { role: "attribute", reason: "it holds few different whole numbers: a code, or a small count" };
  if (type === "VARCHAR" && isVaried && meanBytes > 20)
    return { role: "free-text", reason: "its values are long and seldom repeat" };
  return { role: "attribute", reason: "nothing in it points at persons" };
}

/** Where in doubt, the more protected role: whoever declares knows better and may say otherwise. */
export function proposeColumn(sample: ColumnSample, place: number): ProposedColumn {
  const { type, reason } = typeOf(sample);
  const guess = roleOf(sample, type);
  const isDigits = guess.role === "identifier" && isNumber(type);
  const isName = checkColumnName(sample.name) === undefined;
  return {
    name: isName ? sample.name : `column_${place}`,
    title: isName ? undefined : parsePlainText(sample.name),
    type: isDigits ? "VARCHAR" : type,
    nullable: sample.nulls > 0 || sample.values === 0,
    role: guess.role,
    reasons: [guess.reason, ...(isDigits ? [codeIsText] : reason === undefined ? [] : [reason])],
    nulls: sample.nulls,
    distinct: sample.distinct,
  };
}
