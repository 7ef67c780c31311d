import { classifyAddress, reachTable } from "../../../base/index.ts";
import { PluginFailure } from "../../failure.ts";

/**
 * Throws http_address_blocked if any address may not be reached. One forbidden address refuses the whole name instead
 * of being left out: a name that answers with a public and a private address is what DNS rebinding looks like, and
 * honest public names do not.
 */
export function checkAddresses(
  host: string,
  addresses: readonly string[],
  options: { readonly allowPrivate: boolean },
): void {
  for (const address of addresses) {
    const found = classifyAddress(address);
    const reach = reachTable[found];
    if (reach === "open" || (reach === "private" && options.allowPrivate)) continue;
    const advice =
      reach === "private"
        ? "if it should, an administrator grants it with --private-network"
        : "no grant opens such addresses; use another host";
    throw new PluginFailure(
      "http_address_blocked",
      `${host} leads to a ${found} address, which the plugin may not reach; ${advice}`,
    );
  }
}
