import { join } from "node:path";

/** The hidden roles that this program takes when it re-executes itself. */
export type HostRole = (typeof hostRoles)[number];

const hostRoles = ["engine-host", "plugin-host", "reader-host"] as const;
const roleFlag = "--role=";

/** Whether this code runs from a compiled executable; its modules then live in a virtual file system. */
export function isCompiled(modulePath: string = Bun.main): boolean {
  return modulePath.startsWith("/$bunfs/") || /^[A-Z]:[\\/]~BUN[\\/]/.test(modulePath);
}

/** The command line that starts this program again in a role. `.env` files never reach a host. */
export function hostCommand(role: HostRole): readonly string[] {
  if (isCompiled()) return [process.execPath, roleFlag + role];
  return [process.execPath, "--no-env-file", join(import.meta.dir, "..", "main.ts"), roleFlag + role];
}

/** The role that a command line asks for, or undefined for the ordinary program. */
export function findHostRole(argv: readonly string[]): HostRole | undefined {
  return hostRoles.find((role) => argv.includes(roleFlag + role));
}
