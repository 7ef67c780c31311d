/** Who may have the thread: those that could go on wait here, so that the server knows who runs and who does not. */
export type Turn = {
  /** Resolves once it is free and taken for the caller, in the order of asking. */
  take(): Promise<void>;
  give(): void;
};

export function createTurn(): Turn {
  const waiting: (() => void)[] = [];
  let isTaken = false;
  return {
    async take() {
      if (isTaken) await new Promise<void>((resolve) => waiting.push(resolve));
      isTaken = true;
    },
    give() {
      const next = waiting.shift();
      if (next) next();
      else isTaken = false;
    },
  };
}
