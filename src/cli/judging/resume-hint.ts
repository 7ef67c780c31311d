import { AppError } from "../../base/index.ts";

/** A run knows the names of its models and not their files: one that was given by its path has to be given again. */
export async function hintingAtPaths<T>(command: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "model_not_found") throw error;
    const message = `${error.message}; one that was given by its path is given again: ${command}`;
    throw new AppError(error.code, message, { cause: error, details: error.details });
  }
}
