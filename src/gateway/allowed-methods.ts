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
  let known: readonly { readonly pattern: RegExp; readonly places: number; readonly methods: readonly string[] }[] | undefined;
  return (path) => {
    // Asked first when all are registered.
    known ??= Array.from(
      Map.groupBy(routes, ({ url }) => url),
      ([url, those]) => ({ pattern: patternOf(url), places: url.split("/:").length, methods: those.map(({ method }) => method) }),
    );
    const matching = known.filter(({ pattern }) => pattern.test(path));
    // `/v1/resources/proposals` also looks like a resource's address; the document knows it as itself.
    const [first] = matching.toSorted((a, b) => a.places - b.places);
    return [...new Set(first?.methods)].sort((a, b) => a.localeCompare(b));
  };
}
