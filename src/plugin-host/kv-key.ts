import { PluginFailure } from "./failure.ts";

export const maxKeyBytes = 256;

/** Throws PluginFailure kv_limit. */
export function checkKey(key: string): void {
  if (key.length <= maxKeyBytes && Buffer.byteLength(key) <= maxKeyBytes) return;
  throw new PluginFailure("kv_limit", `it used a key longer than ${maxKeyBytes} bytes`);
}
