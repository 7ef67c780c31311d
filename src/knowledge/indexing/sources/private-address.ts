import { classifyAddress, reachTable } from "../../../base/index.ts";

/** Whether an address leads to this machine, its network or nowhere a page can be; what is no address counts as such. */
export function isPrivateAddress(address: string): boolean {
  return reachTable[classifyAddress(address)] !== "open";
}
