import { AppError, type ErrorCode } from "./errors.ts";

const codes: Readonly<Record<string, { readonly code: ErrorCode; readonly hint: string }>> = {
  ENOSPC: { code: "disk_full", hint: "free some space, or set HEARTH_HOME to another disk" },
  EDQUOT: { code: "disk_full", hint: "the disk quota is used up; free some space or set HEARTH_HOME" },
  EFBIG: { code: "disk_full", hint: "this file system takes no files of that size; set HEARTH_HOME" },
  EACCES: { code: "forbidden", hint: "give this user access to it" },
  EPERM: { code: "forbidden", hint: "give this user access to it" },
  EROFS: { code: "forbidden", hint: "the disk is read-only; set HEARTH_HOME to another folder" },
  ENOENT: { code: "not_found", hint: "check the path" },
};

/** The errno name of a failed system call. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** What a failed file operation means to the user; `doing` is such as "write /home/…". */
export function toDiskError(doing: string, error: unknown): unknown {
  const errno = errnoOf(error);
  if (error instanceof AppError || errno === undefined) return error;
  const { code, hint } = codes[errno] ?? { code: "server_error", hint: "check the disk" };
  return new AppError(code, `cannot ${doing}: ${errno}; ${hint}`, { cause: error, details: { errno } });
}
