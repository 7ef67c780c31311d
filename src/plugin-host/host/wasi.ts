/**
 * WASI preview 1 as a guest without any right sees it: no arguments, environment, files or sockets; a clock, random
 * bytes, and standard output that is a log. Guests of the Go, Rust and JavaScript PDKs start with this much.
 *
 * Nothing here trusts a number of the guest: each address is checked against the memory as it is at that moment, each
 * count against a constant, and no call blocks. Nothing is kept between calls.
 */

type Value = number | bigint;
type WasiFunction = (...values: readonly Value[]) => number;

export type WasiOptions = {
  /** Asked on every call: the memory may have grown, and is absent until the guest is instantiated. */
  readonly memory: () => WebAssembly.Memory | undefined;
  /** Text the guest wrote to standard output or error, as it came; the receiver bounds it. */
  readonly log: (text: string) => void;
  readonly exit: (code: number) => never;
  /** One clock for all of WASI's, instead of the machine's. */
  readonly clockNs?: () => bigint;
};

const errno = { success: 0, badf: 8, fault: 21, inval: 28, nosys: 52, spipe: 70 } as const;
const maxIovecs = 1_024;
/** More is left to the guest's next write, as with a pipe that is full. */
const maxWriteBytes = 65_536;
const maxSubscriptions = 64;
/** What one call of getRandomValues may fill. */
const randomChunkBytes = 65_536;
const clockCount = 4;
const clockResolutionNs = 1_000n;
const characterDevice = 2;
const rightToRead = 1n << 1n;
const rightToWrite = 1n << 6n;
const iovecBytes = 8;
const subscriptionBytes = 48;
const eventBytes = 32;
const hangup = 1;

const withoutAnswer = ["proc_raise"] as const;
/** Their first parameter is a descriptor, and no descriptor is one that they work on. */
const onDescriptors = [
  "fd_advise",
  "fd_allocate",
  "fd_datasync",
  "fd_fdstat_set_rights",
  "fd_filestat_set_size",
  "fd_filestat_set_times",
  "fd_pread",
  "fd_prestat_dir_name",
  "fd_prestat_get",
  "fd_pwrite",
  "fd_readdir",
  "fd_renumber",
  "fd_sync",
  "path_create_directory",
  "path_filestat_get",
  "path_filestat_set_times",
  "path_link",
  "path_open",
  "path_readlink",
  "path_remove_directory",
  "path_rename",
  "path_symlink",
  "path_unlink_file",
  "sock_accept",
  "sock_recv",
  "sock_send",
  "sock_shutdown",
] as const;
const answered = [
  "args_get",
  "args_sizes_get",
  "clock_res_get",
  "clock_time_get",
  "environ_get",
  "environ_sizes_get",
  "fd_close",
  "fd_fdstat_get",
  "fd_fdstat_set_flags",
  "fd_filestat_get",
  "fd_read",
  "fd_seek",
  "fd_tell",
  "fd_write",
  "poll_oneoff",
  "proc_exit",
  "random_get",
  "sched_yield",
] as const;

export type WasiFunctionName =
  | (typeof withoutAnswer)[number]
  | (typeof onDescriptors)[number]
  | (typeof answered)[number];

/** Every function of preview 1. */
export const wasiFunctionNames: ReadonlySet<string> = new Set<WasiFunctionName>([
  ...withoutAnswer,
  ...onDescriptors,
  ...answered,
]);

/** The functions of `wasi_snapshot_preview1`; each answers with an errno and throws only what `exit` and `log` do. */
export function createWasi(options: WasiOptions): Readonly<Record<WasiFunctionName, WasiFunction>> {
  const view = () => createView(options.memory());
  return {
    ...(Object.fromEntries(onDescriptors.map((name) => [name, () => errno.badf])) as Record<
      (typeof onDescriptors)[number],
      WasiFunction
    >),
    proc_raise: () => errno.nosys,
    args_get: () => errno.success,
    environ_get: () => errno.success,
    args_sizes_get: (count, bytes) => writeNoStrings(view(), count, bytes),
    environ_sizes_get: (count, bytes) => writeNoStrings(view(), count, bytes),
    clock_res_get: (clock, at) =>
      isClock(clock) ? view().setU64(address(at), clockResolutionNs) : errno.inval,
    clock_time_get: (clock, _precision, at) =>
      isClock(clock) ? view().setU64(address(at), readClockNs(address(clock), options)) : errno.inval,
    random_get: (at, length) => fillRandom(view().bytes(address(at), address(length))),
    fd_write: (fd, iovecs, count, written) =>
      isOutput(fd) ? write(view(), { iovecs, count, written, log: options.log }) : errno.badf,
    fd_read: (fd, _iovecs, _count, read) =>
      address(fd) === 0 ? view().setU32(address(read), 0) : errno.badf,
    fd_close: (fd) => (isStandard(fd) ? errno.success : errno.badf),
    fd_fdstat_set_flags: (fd) => (isStandard(fd) ? errno.success : errno.badf),
    fd_fdstat_get: (fd, at) => (isStandard(fd) ? writeFdstat(view(), fd, at) : errno.badf),
    fd_filestat_get: (fd, at) => (isStandard(fd) ? writeFilestat(view(), at) : errno.badf),
    fd_seek: (fd) => (isStandard(fd) ? errno.spipe : errno.badf),
    fd_tell: (fd) => (isStandard(fd) ? errno.spipe : errno.badf),
    poll_oneoff: (subscriptions, events, count, happened) =>
      answerPoll(view(), { subscriptions, events, count, happened }),
    sched_yield: () => errno.success,
    proc_exit: (code) => options.exit(address(code)),
  };
}

type View = {
  /** A part of the memory; undefined if any of it lies outside. */
  bytes(at: number, length: number): Uint8Array | undefined;
  data(at: number, length: number): DataView | undefined;
  setU32(at: number, value: number): number;
  setU64(at: number, value: bigint): number;
};

function createView(memory: WebAssembly.Memory | undefined): View {
  const buffer = memory?.buffer ?? new ArrayBuffer(0);
  const holds = (at: number, length: number) => at + length <= buffer.byteLength;
  const view: View = {
    bytes: (at, length) => (holds(at, length) ? new Uint8Array(buffer, at, length) : undefined),
    data: (at, length) => (holds(at, length) ? new DataView(buffer, at, length) : undefined),
    setU32(at, value) {
      const target = view.data(at, 4);
      target?.setUint32(0, value, true);
      return target === undefined ? errno.fault : errno.success;
    },
    setU64(at, value) {
      const target = view.data(at, 8);
      target?.setBigUint64(0, BigInt.asUintN(64, value), true);
      return target === undefined ? errno.fault : errno.success;
    },
  };
  return view;
}

/** A parameter as an unsigned number; guests may declare the imports with any types and count of parameters. */
function address(value: Value | undefined): number {
  return Number(value ?? 0) >>> 0;
}

function isStandard(fd: Value | undefined): boolean {
  return address(fd) <= 2;
}

function isOutput(fd: Value | undefined): boolean {
  return address(fd) === 1 || address(fd) === 2;
}

function isClock(clock: Value | undefined): boolean {
  return address(clock) < clockCount;
}

function readClockNs(clock: number, { clockNs }: WasiOptions): bigint {
  if (clockNs !== undefined) return clockNs();
  return clock === 0 ? BigInt(Date.now()) * 1_000_000n : process.hrtime.bigint();
}

function writeNoStrings(view: View, count: Value | undefined, bytes: Value | undefined): number {
  return view.setU32(address(count), 0) || view.setU32(address(bytes), 0);
}

function fillRandom(target: Uint8Array | undefined): number {
  if (target === undefined) return errno.fault;
  for (let at = 0; at < target.length; at += randomChunkBytes) {
    // By way of our own memory: getRandomValues refuses memory that a guest has declared as shared.
    const length = Math.min(randomChunkBytes, target.length - at);
    target.set(crypto.getRandomValues(new Uint8Array(length)), at);
  }
  return errno.success;
}

type Write = {
  readonly iovecs: Value | undefined;
  readonly count: Value | undefined;
  readonly written: Value | undefined;
  readonly log: (text: string) => void;
};

function write(view: View, { iovecs, count, written, log }: Write): number {
  const parts = address(count);
  if (parts > maxIovecs) return errno.inval;
  const list = view.data(address(iovecs), parts * iovecBytes);
  if (list === undefined || view.data(address(written), 4) === undefined) return errno.fault;
  const text = new Uint8Array(maxWriteBytes);
  let length = 0;
  for (let index = 0; index < parts; index++) {
    const at = list.getUint32(index * iovecBytes, true);
    const part = view.bytes(at, list.getUint32(index * iovecBytes + 4, true));
    if (part === undefined) return errno.fault;
    const taken = part.subarray(0, maxWriteBytes - length);
    text.set(taken, length);
    length += taken.length;
  }
  if (length > 0) log(new TextDecoder().decode(text.subarray(0, length)));
  return view.setU32(address(written), length);
}

function writeFdstat(view: View, fd: Value | undefined, at: Value | undefined): number {
  const target = view.data(address(at), 24);
  if (target === undefined) return errno.fault;
  target.setUint8(0, characterDevice);
  target.setUint8(1, 0);
  target.setUint16(2, 0, true);
  target.setUint32(4, 0, true);
  target.setBigUint64(8, address(fd) === 0 ? rightToRead : rightToWrite, true);
  target.setBigUint64(16, 0n, true);
  return errno.success;
}

function writeFilestat(view: View, at: Value | undefined): number {
  const target = view.bytes(address(at), 64);
  if (target === undefined) return errno.fault;
  target.fill(0);
  target[16] = characterDevice;
  return errno.success;
}

type Poll = {
  readonly subscriptions: Value | undefined;
  readonly events: Value | undefined;
  readonly count: Value | undefined;
  readonly happened: Value | undefined;
};

/**
 * Everything waited for has happened at once. Go's runtime takes an error here for the end of the world, and a wait
 * would hold up every guest of the process.
 */
function answerPoll(view: View, { subscriptions, events, count, happened }: Poll): number {
  const most = address(count);
  if (most === 0 || most > maxSubscriptions) return errno.inval;
  const asked = view.bytes(address(subscriptions), most * subscriptionBytes);
  const answers = view.data(address(events), most * eventBytes);
  if (asked === undefined || answers === undefined) return errno.fault;
  // A copy, since a guest may let the two lists overlap.
  const list = new DataView(Uint8Array.from(asked).buffer);
  for (let index = 0; index < most; index++) {
    const from = index * subscriptionBytes;
    const to = index * eventBytes;
    const type = list.getUint8(from + 8);
    const isKnown = type === 0 || isStandard(list.getUint32(from + 16, true));
    answers.setBigUint64(to, list.getBigUint64(from, true), true);
    answers.setUint16(to + 8, isKnown ? errno.success : errno.badf, true);
    answers.setUint8(to + 10, type);
    answers.setBigUint64(to + 16, 0n, true);
    answers.setUint16(to + 24, type === 1 ? hangup : 0, true);
  }
  return view.setU32(address(happened), most);
}
