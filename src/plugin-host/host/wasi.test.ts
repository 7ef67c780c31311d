import { expect, test } from "bun:test";
import { createWasi, type WasiOptions, wasiFunctionNames } from "./wasi.ts";

class Exited extends Error {}

function create(options: Partial<WasiOptions> = {}) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
  const logs: string[] = [];
  const exits: number[] = [];
  const wasi = createWasi({
    memory: () => memory,
    log: (text) => logs.push(text),
    exit: (code) => {
      exits.push(code);
      throw new Exited();
    },
    ...options,
  });
  return { wasi, memory, logs, exits, data: () => new DataView(memory.buffer) };
}

/** Writes texts from byte 1024 on, with their list of addresses and lengths at 0. */
function writeIovecs(data: DataView, texts: readonly (string | Uint8Array)[]): void {
  let at = 1024;
  texts.forEach((text, index) => {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    data.setUint32(index * 8, at, true);
    data.setUint32(index * 8 + 4, bytes.length, true);
    new Uint8Array(data.buffer, at, bytes.length).set(bytes);
    at += bytes.length;
  });
}

test("every function of preview 1 is there, and no other", () => {
  expect(Object.keys(create().wasi).sort()).toEqual([...wasiFunctionNames].sort());
  expect(wasiFunctionNames.size).toBe(46);
});

test("there are no arguments and no environment", () => {
  const { wasi, data } = create();
  for (const name of ["args", "environ"] as const) {
    data().setUint32(8, 7, true);
    data().setUint32(16, 7, true);
    expect(wasi[`${name}_sizes_get`](8, 16)).toBe(0);
    expect([data().getUint32(8, true), data().getUint32(16, true)]).toEqual([0, 0]);
    expect(wasi[`${name}_get`](8, 16)).toBe(0);
  }
});

test("standard output and error are logged, in the order of their parts", () => {
  const { wasi, logs, data } = create();
  for (const fd of [1, 2]) {
    writeIovecs(data(), ["hé", "", "llo\n"]);
    expect(wasi.fd_write(fd, 0, 3, 512)).toBe(0);
    expect(data().getUint32(512, true)).toBe(7);
  }
  expect(logs).toEqual(["héllo\n", "héllo\n"]);
});

test("output that is not UTF-8 is logged with replacement characters", () => {
  const { wasi, logs, data } = create();
  writeIovecs(data(), [new Uint8Array([0x61, 0xff, 0x62])]);
  expect(wasi.fd_write(1, 0, 1, 512)).toBe(0);
  expect(logs).toEqual(["a�b"]);
});

test("what is written in one go is bounded, and the guest is told how much was taken", () => {
  const { wasi, logs, data, memory } = create();
  memory.grow(3);
  data().setUint32(0, 0, true);
  data().setUint32(4, 200_000, true);
  data().setUint32(8, 0, true);
  data().setUint32(12, 200_000, true);
  expect(wasi.fd_write(1, 0, 2, 512)).toBe(0);
  expect(data().getUint32(512, true)).toBe(65_536);
  expect(logs.map((text) => text.length)).toEqual([65_536]);
});

test("standard input is at its end", () => {
  const { wasi, data } = create();
  data().setUint32(512, 7, true);
  expect(wasi.fd_read(0, 0, 1, 512)).toBe(0);
  expect(data().getUint32(512, true)).toBe(0);
  expect(wasi.fd_read(1, 0, 1, 512)).toBe(8);
});

test("the three standard descriptors are devices that only read or write", () => {
  const { wasi, data } = create();
  for (const [fd, rights] of [
    [0, 2n],
    [1, 64n],
    [2, 64n],
  ] as const) {
    expect(wasi.fd_fdstat_get(fd, 64)).toBe(0);
    expect(data().getUint8(64)).toBe(2);
    expect(data().getBigUint64(72, true)).toBe(rights);
    expect(data().getBigUint64(80, true)).toBe(0n);
    expect(wasi.fd_filestat_get(fd, 128)).toBe(0);
    expect(data().getUint8(144)).toBe(2);
    expect(wasi.fd_seek(fd, 0n, 0, 64)).toBe(70);
    expect(wasi.fd_close(fd)).toBe(0);
  }
  expect(wasi.fd_fdstat_get(3, 64)).toBe(8);
});

test("the clock is the one given, and moves otherwise", () => {
  const fixed = create({ clockNs: () => 123_456_789_012_345n });
  expect(fixed.wasi.clock_time_get(0, 1n, 8)).toBe(0);
  expect(fixed.data().getBigUint64(8, true)).toBe(123_456_789_012_345n);
  expect(fixed.wasi.clock_res_get(1, 8)).toBe(0);
  expect(fixed.data().getBigUint64(8, true)).toBeGreaterThan(0n);
  expect(fixed.wasi.clock_time_get(4, 1n, 8)).toBe(28);
  const real = create();
  real.wasi.clock_time_get(0, 1n, 8);
  expect(real.data().getBigUint64(8, true) / 1_000_000_000n).toBeGreaterThan(1_700_000_000n);
  real.wasi.clock_time_get(1, 1n, 8);
  const first = real.data().getBigUint64(8, true);
  real.wasi.clock_time_get(1, 1n, 8);
  expect(real.data().getBigUint64(8, true)).toBeGreaterThanOrEqual(first);
});

test("random bytes fill what was asked for, also more than one chunk, and nothing else", () => {
  const { wasi, memory } = create();
  memory.grow(2);
  expect(wasi.random_get(100, 150_000)).toBe(0);
  const bytes = new Uint8Array(memory.buffer);
  expect(bytes.subarray(0, 100).every((byte) => byte === 0)).toBe(true);
  expect(bytes.subarray(150_100).every((byte) => byte === 0)).toBe(true);
  expect(new Set(bytes.subarray(150_000, 150_100)).size).toBeGreaterThan(10);
});

test("whatever is waited for has happened at once", () => {
  const { wasi, data } = create();
  data().setBigUint64(0, 11n, true);
  data().setUint8(8, 0);
  data().setBigUint64(24, 3_600_000_000_000n, true);
  data().setBigUint64(48, 12n, true);
  data().setUint8(56, 1);
  data().setUint32(64, 0, true);
  data().setBigUint64(96, 13n, true);
  data().setUint8(104, 2);
  data().setUint32(112, 9, true);
  const start = performance.now();
  expect(wasi.poll_oneoff(0, 1024, 3, 2048)).toBe(0);
  expect(performance.now() - start).toBeLessThan(10_000);
  expect(data().getUint32(2048, true)).toBe(3);
  const events = [0, 1, 2].map((index) => {
    const at = 1024 + index * 32;
    return [data().getBigUint64(at, true), data().getUint16(at + 8, true), data().getUint8(at + 10)];
  });
  expect(events).toEqual([
    [11n, 0, 0],
    [12n, 0, 1],
    [13n, 8, 2],
  ]);
});

test("the end of the guest is handed on with its code", () => {
  const { wasi, exits } = create();
  expect(() => wasi.proc_exit(-1)).toThrow(Exited);
  expect(exits).toEqual([0xffff_ffff]);
});

test("memory that has grown is seen", () => {
  const { wasi, memory, data } = create();
  expect(wasi.random_get(70_000, 8)).toBe(21);
  memory.grow(1);
  expect(wasi.random_get(70_000, 8)).toBe(0);
  expect(wasi.clock_res_get(0, 80_000)).toBe(0);
  expect(data().getBigUint64(80_000, true)).toBeGreaterThan(0n);
});

test("a module that imports the functions can call them", async () => {
  // (module (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))
  //   (memory (export "memory") 1) (func (export "f") (result i32) i32.const 65532 i32.const 8 call 0))
  const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];
  const imported = [1, ...text("wasi_snapshot_preview1"), ...text("random_get"), 0, 0];
  const exported = [2, ...text("memory"), 2, 0, ...text("f"), 0, 1];
  const module = new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 11, 2, 0x60, 2, 0x7f, 0x7f, 1, 0x7f, 0x60, 0, 1, 0x7f],
    ...[2, imported.length, ...imported],
    ...[3, 2, 1, 1],
    ...[5, 3, 1, 0, 1],
    ...[7, exported.length, ...exported],
    ...[10, 12, 1, 10, 0, 0x41, 0xfc, 0xff, 0x03, 0x41, 8, 0x10, 0, 0x0b],
  ]);
  let memory: WebAssembly.Memory | undefined;
  const { wasi } = create({ memory: () => memory });
  const { instance } = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi });
  const { f, memory: own } = instance.exports;
  if (typeof f !== "function" || !(own instanceof WebAssembly.Memory)) throw new Error("the module has no f");
  memory = own;
  expect(f()).toBe(21);
});
