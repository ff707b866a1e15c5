import type { FileFormat } from "../engine/index.ts";
import { type Refusal, refuse } from "../kernel/index.ts";

/** GBK and GB 2312 are subsets of GB 18030; what is none of these is not guessed at. */
const charsets: ReadonlyMap<string, "utf-8" | "gb18030"> = new Map([
  ["utf-8", "utf-8"],
  ["utf8", "utf-8"],
  ["gb18030", "gb18030"],
  ["gbk", "gb18030"],
  ["gb2312", "gb18030"],
]);

/** Media types a data file may be handed in as. */
export const handInTypes = ["text/csv", "application/vnd.apache.parquet"] as const;

const parameterPattern = /^([a-z0-9!#$&^_.+-]+)=(?:"([^"\\]*)"|([^\s"();,]+))$/;

/**
 * Reads a media type such as `text/csv; charset=gbk` (RFC 9110 §8.3). Two charsets in one type are
 * refused: two readers could believe one each.
 */
export function parseHandInFormat(
  contentType: string,
): FileFormat | Refusal<"CATALOG_FORMAT_UNKNOWN" | "CATALOG_CHARSET_UNKNOWN"> {
  const [essence = "", ...parameters] = contentType
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  if (essence === "application/vnd.apache.parquet" && parameters.length === 0) return { kind: "parquet" };
  if (essence !== "text/csv") return refuse("CATALOG_FORMAT_UNKNOWN", { instead: handInTypes.join(", ") });
  const named: string[] = [];
  for (const parameter of parameters.filter((part) => part !== "")) {
    const [whole, name, quoted, plain] = parameterPattern.exec(parameter) ?? [];
    if (whole === undefined) return refuse("CATALOG_FORMAT_UNKNOWN", { instead: "text/csv; charset=utf-8" });
    if (name === "charset") named.push(quoted ?? plain ?? "");
  }
  const charset = named.length === 0 ? "utf-8" : charsets.get(named[0] ?? "");
  if (charset === undefined || named.length > 1)
    return refuse("CATALOG_CHARSET_UNKNOWN", { instead: "utf-8, gb18030, gbk, gb2312: one of them" });
  return { kind: "csv", charset };
}
