import { describe, expect, test } from "bun:test";
import { type Manifest, type PluginRecord, parseManifest } from "../../plugin-host/index.ts";
import { UsageError } from "../usage-error.ts";
import { chooseGrants, type DecisionFlags, parseDecisions } from "./decisions.ts";

function manifestOf(changes: object = {}): Manifest {
  const permissions = {
    http: { reason: "r", hosts: ["a.example.com", "b.example.com"] },
    kv: { reason: "r", bytes: 100 },
  };
  const operations = { read: {}, change: { writes: true } };
  const manifest = { kind: "connector", name: "desk", version: "1.0.0", permissions, operations, ...changes };
  return parseManifest(JSON.stringify(manifest));
}

function choose(
  flags: DecisionFlags,
  before?: Pick<PluginRecord, "manifest" | "grants">,
  manifest = manifestOf(),
) {
  const known = before && { ...before, ...recordRest };
  return chooseGrants(manifest, parseDecisions(flags), known);
}

const recordRest = {
  ...{ name: "desk", path: "/x", sha256: "", source: "/x", isEmbedded: false },
  ...{ config: {}, limits: {}, isEnabled: true, addedAtMs: 1 },
};
const http = { hosts: ["a.example.com", "b.example.com"] };
const kv = { bytes: 100 };

describe("grants of a new plugin", () => {
  test("are all that its manifest asks for, but what changes something", () => {
    expect(choose({})).toEqual({ http, kv });
    expect(choose({ grant: ["write"] })).toEqual({ http, kv, write: true });
  });

  test("are those named where permissions of the manifest are named", () => {
    expect(choose({ grant: ["kv"] })).toEqual({ kv });
    expect(choose({ grant: ["kv,write"] })).toEqual({ kv, write: true });
  });

  test("are without what is denied", () => {
    expect(choose({ deny: ["http"] })).toEqual({ kv });
    expect(choose({ grant: ["write"], deny: ["write", "kv"] })).toEqual({ http });
  });

  test("hold the private network only where that is said", () => {
    expect(choose({ privateNetwork: true })).toEqual({ http, kv, privateNetwork: true });
  });

  test("cannot go beyond what its manifest asks for", () => {
    expect(() => choose({ grant: ["generate"] })).toThrow(
      "desk does not ask for generate; it asks for http, kv",
    );
    const silent = manifestOf({ permissions: {}, operations: { read: {} } });
    expect(() => choose({ privateNetwork: true }, undefined, silent)).toThrow("it asks for nothing");
    expect(() => choose({ grant: ["write"] }, undefined, silent)).toThrow(UsageError);
  });
});

describe("grants of a known plugin", () => {
  test("stay as they were, denied ones too", () => {
    expect(choose({}, { manifest: manifestOf(), grants: { kv } })).toEqual({ kv });
  });

  test("can be added to and taken from", () => {
    expect(choose({ grant: ["write"] }, { manifest: manifestOf(), grants: { kv } })).toEqual({
      kv,
      write: true,
    });
    expect(choose({ deny: ["kv"] }, { manifest: manifestOf(), grants: { http, kv } })).toEqual({ http });
  });

  test("grow by what it did not ask for before, but never by what changes something", () => {
    const before = { manifest: manifestOf({ permissions: {}, operations: { read: {} } }), grants: {} };
    expect(choose({}, before)).toEqual({ http, kv });
  });

  test("keep a scope that was narrowed, until it is granted anew", () => {
    const before = { manifest: manifestOf(), grants: { http: { hosts: ["a.example.com"] } } };
    expect(choose({}, before)).toEqual(before.grants);
    expect(choose({ grant: ["http"] }, before)).toEqual({ http });
  });
});

describe("what is wrong on the command line", () => {
  test.each([
    [{ grant: ["everything"] }, '--grant: there is no permission "everything"; there are http, config'],
    [{ deny: ["x"] }, '--deny: there is no permission "x"'],
    [{ config: ["token"] }, "--config: expected KEY=VALUE"],
    [{ config: ["=x"] }, "--config: expected KEY=VALUE"],
    [{ config: ["token=env:"] }, "--config: token=env: names no variable"],
    [{ limit: ["timeoutMs"] }, "--limit: expected NAME=NUMBER"],
    [{ limit: ["timeoutMs=-1"] }, "--limit: expected NAME=NUMBER"],
    [
      { limit: ["timeoutMs=0"] },
      "--limit: the limit timeoutMs must be a whole number from 1 to 600000, got 0",
    ],
    [{ limit: ["patience=1"] }, '--limit: there is no limit "patience"'],
  ])("%j is told with its flag", (flags, message) => {
    expect(() => parseDecisions(flags)).toThrow(UsageError);
    expect(() => parseDecisions(flags)).toThrow(message);
  });

  test("the value of a config key is not repeated", () => {
    expect(() => parseDecisions({ config: ["hunter2"] })).toThrow(/^(?!.*hunter2)/);
  });
});

test("config values stand as they are behind the first equals sign, name a variable, or are taken back", () => {
  const { config, cleared } = parseDecisions({ config: ["a=b=c", "token=env:TOKEN", "empty="] });
  expect(config).toEqual({ a: { value: "b=c" }, token: { environment: "TOKEN" } });
  expect([...cleared]).toEqual(["empty"]);
});
