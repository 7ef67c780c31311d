/** Where a path of the protocol lies: below the upstream's address, whose own `/v1` may be left out. */
export function toAddress(base: string, path: string): string {
  const url = new URL(base);
  const [route = "", query] = path.split("?");
  const root = url.pathname.replace(/\/+$/, "");
  url.pathname = `${root === "" ? "/v1" : root}${route}`;
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.set(name, value);
  return url.href;
}
