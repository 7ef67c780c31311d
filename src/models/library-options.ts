import type { AppError } from "../base/index.ts";
import type { CacheFolders } from "../config/index.ts";

export type LibraryOptions = {
  readonly home: string;
  /** What the configuration names: `hearth-demo`, paths, names of stored models. */
  readonly models: readonly string[];
  readonly modelFolders: readonly string[];
  readonly cacheFolders: CacheFolders;
  /** Whether models of other programs are listed and served. */
  readonly discover: boolean;
  readonly registry: string;
  readonly huggingFaceEndpoint: string;
  readonly huggingFaceToken?: string;
  /** Told each time that a pull tries something again. */
  readonly onPullRetry?: () => void;
  /** Told once, where the database turns out to be damaged. */
  readonly onDamage?: (error: AppError) => void;
};
