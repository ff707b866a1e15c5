const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** An absolute address without user, over TLS or on this machine; undefined for any other text. */
export function secureUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "") return undefined;
  return url.protocol === "https:" || isLoopback(url) ? url : undefined;
}

/** Plain http that no wire carries. */
export function isLoopback(url: URL): boolean {
  return url.protocol === "http:" && loopback.test(url.hostname);
}
