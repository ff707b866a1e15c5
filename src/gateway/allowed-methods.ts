/** The methods that an address knows; none: it is no address of ours. */
export type AllowedMethods = (path: string) => readonly string[];

const patternOf = (url: string): RegExp =>
  new RegExp(
    `^${url
      .split("/")
      .map((part) => (part.startsWith(":") ? "[^/]+" : part === "*" ? ".*" : part.replace(/[^A-Za-z0-9_-]/g, "\\$&")))
      .join("/")}$`,
  );

/** A table of the routes by address: which methods they are known for is in the public document anyway. */
export function createAllowedMethods(routes: readonly { readonly method: string; readonly url: string }[]): AllowedMethods {
  let known: readonly { readonly pattern: RegExp; readonly methods: readonly string[] }[] | undefined;
  return (path) => {
    // Asked first when all are registered.
    known ??= Array.from(
      Map.groupBy(routes, ({ url }) => url),
      ([url, those]) => ({ pattern: patternOf(url), methods: those.map(({ method }) => method) }),
    );
    const methods = known.filter(({ pattern }) => pattern.test(path)).flatMap((one) => one.methods);
    return [...new Set(methods)].sort((a, b) => a.localeCompare(b));
  };
}
