import { expect, test } from "bun:test";
import fc from "fast-check";
import { createWasi, wasiFunctionNames } from "./wasi.ts";

const fault = 21;
const pageBytes = 65_536;

function create(memory: WebAssembly.Memory | undefined = new WebAssembly.Memory({ initial: 1 })) {
  return createWasi({
    memory: () => memory,
    log: () => undefined,
    exit: () => {
      throw new Error("exit");
    },
  });
}

const pastTheEnd = [pageBytes, pageBytes - 1, 0x7fff_ffff, -1, -8, 0xffff_ffff] as const;
type Call = (wasi: ReturnType<typeof create>, at: number) => number;
const pointers: Readonly<Record<string, Call>> = {
  "args_sizes_get, count": (wasi, at) => wasi.args_sizes_get(at, 0),
  "args_sizes_get, bytes": (wasi, at) => wasi.args_sizes_get(0, at),
  environ_sizes_get: (wasi, at) => wasi.environ_sizes_get(at, 0),
  clock_time_get: (wasi, at) => wasi.clock_time_get(0, 0n, at),
  clock_res_get: (wasi, at) => wasi.clock_res_get(0, at),
  random_get: (wasi, at) => wasi.random_get(at, 8),
  "fd_write, list": (wasi, at) => wasi.fd_write(1, at, 1, 0),
  "fd_write, written": (wasi, at) => wasi.fd_write(1, 0, 0, at),
  fd_read: (wasi, at) => wasi.fd_read(0, 0, 0, at),
  fd_fdstat_get: (wasi, at) => wasi.fd_fdstat_get(1, at),
  fd_filestat_get: (wasi, at) => wasi.fd_filestat_get(1, at),
  "poll_oneoff, subscriptions": (wasi, at) => wasi.poll_oneoff(at, 0, 1, 0),
  "poll_oneoff, events": (wasi, at) => wasi.poll_oneoff(0, at, 1, 0),
  "poll_oneoff, count": (wasi, at) => wasi.poll_oneoff(0, 0, 1, at),
};

for (const [name, call] of Object.entries(pointers)) {
  test(`an address outside the memory is a fault in ${name}`, () => {
    for (const at of pastTheEnd) expect(call(create(), at)).toBe(fault);
  });
  test(`a guest without memory gets a fault in ${name}`, () => {
    const wasi = createWasi({
      memory: () => undefined,
      log: () => undefined,
      exit: () => {
        throw new Error("exit");
      },
    });
    expect(call(wasi, 0)).toBe(fault);
  });
}

test("a length that reaches outside the memory is a fault", () => {
  const wasi = create();
  for (const length of [pageBytes + 1, 0x7fff_ffff, -1]) expect(wasi.random_get(0, length)).toBe(fault);
  expect(wasi.random_get(8, pageBytes)).toBe(fault);
  expect(wasi.random_get(0, pageBytes)).toBe(0);
});

test("a part of an output that lies outside the memory is a fault, and nothing of the output is logged", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const logs: string[] = [];
  const wasi = createWasi({
    memory: () => memory,
    log: (text) => logs.push(text),
    exit: () => {
      throw new Error("exit");
    },
  });
  new Uint32Array(memory.buffer, 0, 4).set([1024, 4, 0xffff_fff0, 0xff]);
  expect(wasi.fd_write(1, 0, 2, 512)).toBe(fault);
  expect(logs).toEqual([]);
});

test("huge counts are refused before anything is done", () => {
  const wasi = create(new WebAssembly.Memory({ initial: 100 }));
  for (const count of [1_025, 0x1fff_ffff, 0x2000_0000, -1]) expect(wasi.fd_write(1, 0, count, 0)).toBe(28);
  for (const count of [0, 65, 0x0555_5556, -1]) expect(wasi.poll_oneoff(0, 0, count, 0)).toBe(28);
});

test("lists of a poll that overlap do not read what was just written", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const data = new DataView(memory.buffer);
  data.setBigUint64(0, 1n, true);
  data.setBigUint64(48, 2n, true);
  expect(create(memory).poll_oneoff(0, 40, 2, 1024)).toBe(0);
  expect([data.getBigUint64(40, true), data.getBigUint64(72, true)]).toEqual([1n, 2n]);
});

test("no descriptor but the standard ones is open, and none is a folder", () => {
  const wasi = create();
  for (const fd of [3, 4, 100, -1]) {
    for (const name of wasiFunctionNames) {
      if (!/^(fd|path|sock)_/.test(name)) continue;
      expect(Object.entries(wasi).find(([key]) => key === name)?.[1](fd, 0, 0, 0, 0, 0, 0, 0, 0)).toBe(8);
    }
  }
  for (const fd of [0, 1, 2]) expect(wasi.fd_prestat_get(fd, 0)).toBe(8);
});

test("a guest cannot signal", () => {
  expect(create().proc_raise(9)).toBe(52);
});

test("memory that is shared is written and read as any other", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const wasi = create(memory);
  new Uint32Array(memory.buffer, 0, 2).set([1024, 4]);
  expect(wasi.random_get(1024, 64)).toBe(0);
  expect(wasi.fd_write(1, 0, 1, 512)).toBe(0);
  expect(wasi.poll_oneoff(0, 1024, 1, 512)).toBe(0);
});

test("whatever a guest passes, in any types and counts, gives a number and never throws", () => {
  const wasi = create();
  const value = fc.oneof(
    fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
    fc.nat(pageBytes + 8),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double(),
  );
  const functions = Object.entries(wasi).filter(([name]) => name !== "proc_exit");
  fc.assert(
    fc.property(fc.constantFrom(...functions), fc.array(value, { maxLength: 10 }), ([, run], values) => {
      expect(run(...values)).toBeWithin(0, 77);
    }),
    { numRuns: 3_000 },
  );
});
