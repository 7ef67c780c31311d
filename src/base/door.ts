export type Door<T> = {
  /** Undefined until something has come of `open`. */
  readonly opened: T | undefined;
  open(): Promise<T>;
  /** Waits for what is being opened; undefined where that fails, and where nobody has asked. */
  settle(): Promise<T | undefined>;
};

/** Opens something once, when it is first asked for; what failed is tried again. */
export function createDoor<T>(create: () => Promise<T>): Door<T> {
  let opening: Promise<T> | undefined;
  let opened: T | undefined;
  async function openNow(): Promise<T> {
    try {
      opened = await create();
      return opened;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  }
  return {
    get opened() {
      return opened;
    },
    open() {
      opening ??= openNow();
      return opening;
    },
    settle: async () => await opening?.catch(() => undefined),
  };
}
