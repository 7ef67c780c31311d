import { basename } from "node:path";
import type { AppError } from "./errors.ts";

/** The message of an error; that of a database does not tell in which folder of the machine it lies. */
export function withoutFolder({ message, details }: AppError): string {
  const { database } = details;
  if (typeof database !== "string") return message;
  const told = message.replaceAll(database, basename(database));
  return `${told} (on the server's machine, hearth doctor says where it is)`;
}
