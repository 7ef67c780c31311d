import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { AppError } from "../../base/index.ts";

/** The unit of `blocks` in a file's status, whatever the file system uses. */
const bytesPerBlock = 512;

/** A file, or bytes in memory, read at positions. */
export type ByteSource = Disposable & {
  readonly name: string;
  readonly sizeBytes: number;
  /** What the file takes on its disk; absent where there is none or the file system does not say. */
  readonly allocatedBytes?: number;
  /**
   * Up to `length` bytes from `position`; fewer at the end. Valid until the next read. A source that knows only the
   * beginning throws MissingBytes where it holds less than `minimum`.
   */
  read(position: number, length: number, minimum: number): Uint8Array;
};

/** A source holds the beginning of its file alone, and more of it is needed to read on. */
export class MissingBytes extends Error {
  /** How much of the beginning would do for the next step. */
  readonly neededBytes: number;

  constructor(neededBytes: number) {
    super(`the first ${neededBytes} bytes are needed`);
    this.name = "MissingBytes";
    this.neededBytes = neededBytes;
  }
}

/** Opens a regular file. Anything that could block or never end, such as a pipe or a device, is refused unopened. */
export function openFileSource(path: string): ByteSource {
  checkKind(path, statOrThrow(path));
  const descriptor = openOrThrow(path);
  const status = fstatSync(descriptor);
  if (!status.isFile()) {
    closeSync(descriptor);
    checkKind(path, status);
  }
  let buffer = new Uint8Array(0);
  return {
    name: path,
    sizeBytes: status.size,
    ...(status.blocks > 0 && { allocatedBytes: status.blocks * bytesPerBlock }),
    read(position, length) {
      if (buffer.byteLength < length) buffer = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const count = readSync(descriptor, buffer, filled, length - filled, position + filled);
        if (count === 0) break;
        filled += count;
      }
      return buffer.subarray(0, filled);
    },
    [Symbol.dispose]: () => closeSync(descriptor),
  };
}

/** The beginning of a file of `sizeBytes` bytes. */
export function createPrefixSource(name: string, prefix: Uint8Array, sizeBytes: number): ByteSource {
  return {
    name,
    sizeBytes,
    read(position, length, minimum) {
      if (position + minimum > prefix.byteLength) throw new MissingBytes(position + minimum);
      return prefix.subarray(position, position + length);
    },
    [Symbol.dispose]: () => undefined,
  };
}

export function createMemorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    sizeBytes: bytes.byteLength,
    read: (position, length) => bytes.subarray(position, position + length),
    [Symbol.dispose]: () => undefined,
  };
}

type FileKind = { isFile(): boolean; isDirectory(): boolean; isFIFO(): boolean };

function statOrThrow(path: string): FileKind {
  const status = statFile(path);
  if (status !== undefined) return status;
  const message = `there is no file ${path}; give the path of a .gguf file, or hearth-demo for the built-in model`;
  throw new AppError("model_not_found", message);
}

/** What stands at a path, links followed; undefined for nothing. Throws AppError invalid_request where that cannot be told. */
export function statFile(path: string): FileKind | undefined {
  try {
    return statSync(path);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new AppError("invalid_request", `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

function openOrThrow(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const message = `cannot read ${path}: ${messageOf(cause)}; make it readable for this user`;
    throw new AppError("invalid_request", message, { cause });
  }
}

function checkKind(path: string, status: FileKind): void {
  if (status.isFile()) return;
  const kind = status.isDirectory() ? "a folder" : status.isFIFO() ? "a pipe" : "a device or socket";
  throw new AppError("invalid_request", `${path} is ${kind}, not a model; give the path of a .gguf file`);
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR");
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
