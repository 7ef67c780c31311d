import { errnoOf } from "../../../base/index.ts";
import type { SkipReason } from "../index-types.ts";

const faults: Readonly<Record<string, readonly [reason: SkipReason, detail: string]>> = {
  ENOENT: ["vanished", "it was removed meanwhile"],
  ENOTDIR: ["vanished", "it was removed meanwhile"],
  ELOOP: ["link", "it is a link"],
  EACCES: ["unreadable", "this user may not read it"],
  EPERM: ["unreadable", "this user may not read it"],
  ENXIO: ["not_a_file", "it is a pipe, a device or a socket"],
  ENAMETOOLONG: ["unreadable", "its path is too long"],
};

export function explainFault(error: unknown): { readonly reason: SkipReason; readonly detail: string } {
  const [reason, detail] = faults[errnoOf(error) ?? ""] ?? [
    "unreadable",
    error instanceof Error ? error.message : String(error),
  ];
  return { reason, detail };
}
