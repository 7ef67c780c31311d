/** What the engine has of WebAssembly and its type declarations do not know yet. */

export type GuestExports = WebAssembly.Instance["exports"];

/** Runs an export on a stack of its own, so that functions of the host which it calls may wait (JSPI). */
export function promising(run: (...values: unknown[]) => unknown): () => Promise<unknown> {
  const wrap: unknown = Reflect.get(WebAssembly, "promising");
  if (typeof wrap !== "function") throw new TypeError("this engine cannot suspend WebAssembly");
  return wrap(run);
}

/** An export that can be called. */
export function findFunction(
  exports: GuestExports,
  name: string,
): ((...values: unknown[]) => unknown) | undefined {
  const found: unknown = Object.hasOwn(exports, name) ? exports[name] : undefined;
  return isFunction(found) ? found : undefined;
}

/** Whether a guest threw this by an instruction of its own. */
export function isGuestException(error: unknown): boolean {
  const exception: unknown = Reflect.get(WebAssembly, "Exception");
  return typeof exception === "function" && error instanceof exception;
}

function isFunction(value: unknown): value is (...values: unknown[]) => unknown {
  return typeof value === "function";
}
