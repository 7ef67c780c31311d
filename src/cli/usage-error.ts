import { AppError } from "../base/index.ts";

export const exitCodes = { success: 0, failure: 1, usage: 2, interrupted: 130, terminated: 143 } as const;

/** The command was given wrong: the program ends with code 2. */
export class UsageError extends Error {}

/** Turns a refused value into a usage error; everything else passes as it is. */
export async function asUsage<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AppError && error.code === "invalid_request") {
      throw new UsageError(error.message, { cause: error });
    }
    throw error;
  }
}
