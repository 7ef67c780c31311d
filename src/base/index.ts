export { reachTable } from "./address-table.ts";
export { type Asset, ensureOwnFolder, unpackAssets, writeWhole } from "./assets.ts";
export { classifyAddress } from "./classify-address.ts";
export { cutText, shortenText } from "./cut-text.ts";
export { errnoOf, toDiskError } from "./disk-errors.ts";
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
export { hashText } from "./hash-text.ts";
export { createId } from "./ids.ts";
export { nextTurn } from "./next-turn.ts";
export { untilAborted } from "./until-aborted.ts";
export { withoutFolder } from "./without-folder.ts";
