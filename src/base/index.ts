export { type Asset, ensureOwnFolder, unpackAssets, writeWhole } from "./assets.ts";
export { createDoor, type Door } from "./door.ts";
export {
  AppError,
  type ErrorClass,
  type ErrorCode,
  type ErrorDetails,
  type ErrorRecord,
  type ErrorRow,
  errorTable,
  type Fallback,
  fromErrorRecord,
  toAppError,
  toErrorRecord,
} from "./errors.ts";
export { EventQueue } from "./event-queue.ts";
export { createId } from "./ids.ts";
