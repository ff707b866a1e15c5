/** One finding of the schema validator, as far as it is told. */
export interface SchemaFinding {
  readonly instancePath: string;
  readonly message?: string;
  readonly keyword?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** What is said of a member's name: it is the caller's own, and may be long. */
const longestName = 60;

/** The first finding in words that say what would be taken; undefined where there is none. */
export function describeFinding(
  findings: readonly SchemaFinding[] | undefined,
): { readonly at: string; readonly problem: string } | undefined {
  const [first] = findings ?? [];
  if (findings === undefined || first === undefined) return undefined;
  const { instancePath, keyword, params, message = "" } = first;
  const at = instancePath || "/";
  // A choice of constants has one finding for each of them.
  const constants = findings.filter((one) => one.keyword === "const" && one.instancePath === instancePath);
  if (keyword === "const")
    return { at, problem: `must be ${constants.map((one) => JSON.stringify(one.params?.["allowedValue"])).join(" or ")}` };
  const name = params?.["additionalProperty"];
  if (keyword === "additionalProperties" && typeof name === "string")
    return { at, problem: `has no member ${JSON.stringify(name.slice(0, longestName))}` };
  return { at, problem: message };
}
