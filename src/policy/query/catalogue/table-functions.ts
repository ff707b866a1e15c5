/** Functions that give rows and depend on nothing but their arguments. */
export const tableFunctions: ReadonlySet<string> = new Set(["range", "generate_series", "unnest"]);
