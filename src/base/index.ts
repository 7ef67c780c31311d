export { type Asset, ensureOwnFolder, unpackAssets, writeWhole } from "./assets.ts";
export { createDoor, type Door } from "./door.ts";
export {
  AppError,
  type ErrorClass,
  type ErrorCode,
  type ErrorDetails,
  type ErrorRecord,
  errorTable,
  fromErrorRecord,
  toAppError,
  toErrorRecord,
} from "./errors.ts";
export { EventQueue } from "./event-queue.ts";
export { createId } from "./ids.ts";
