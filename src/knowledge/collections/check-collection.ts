import { AppError } from "../../base/index.ts";

const maxNameCharacters = 64;
const maxDescriptionCharacters = 4_096;
const maxShownCharacters = 100;

/** Throws AppError invalid_request saying what names are made of. */
export function checkName(name: string): void {
  if (/^[a-z0-9][a-z0-9_.-]*$/.test(name) && name.length <= maxNameCharacters) return;
  const shown = JSON.stringify(name.slice(0, maxShownCharacters));
  const message = `name is ${shown}; a collection's name has up to ${maxNameCharacters} lower-case letters, digits, dots, dashes and underscores, and begins with a letter or a digit`;
  throw new AppError("invalid_request", message, { details: { field: "name" } });
}

export function checkDescription(description: string): void {
  if (description.length <= maxDescriptionCharacters) return;
  const message = `description has ${description.length} characters; ${maxDescriptionCharacters} is the most`;
  throw new AppError("invalid_request", message, { details: { field: "description" } });
}
