import type { AppError } from "../../base/index.ts";
import type { LayerRole } from "../record.ts";
import type { RemoteFile } from "./remote-file.ts";

/** One file that belongs to a model, found but not fetched. */
export type PlannedFile = {
  readonly role: LayerRole;
  /** What it must turn out to be. Without one, its own digest is recorded. */
  readonly digest?: string;
  /** Names its part until the digest is known: the digest, or one made of what identifies it at its source. */
  readonly key: string;
  readonly remote: RemoteFile;
};

export type PullPlan = {
  readonly files: readonly PlannedFile[];
  /** Where it comes from, exactly, without secrets. */
  readonly origin: string;
  /** What the user should know before it begins. */
  readonly notes: readonly string[];
};

export type Explain = (response: Response) => AppError | undefined;
