import { dlopen, FFIType } from "bun:ffi";

const setParentDeathSignal = 1;
const killSignal = 9n;

/**
 * From now on the system kills this process when the one that started it ends, however that ended. A host that is in
 * a loop of native or foreign code never hears that its channel was closed. Only Linux offers this.
 */
export function dieWithParent(): void {
  if (process.platform !== "linux") return;
  const { u64, i32 } = FFIType;
  try {
    const libc = dlopen("libc.so.6", { prctl: { args: [i32, u64, u64, u64, u64], returns: i32 } });
    libc.symbols.prctl(setParentDeathSignal, killSignal, 0n, 0n, 0n);
  } catch {
    // Another C library: the closed channel is what is left.
  }
}
