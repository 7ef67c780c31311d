import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type GithubFixture, type GithubRepository, startGithubFixture } from "../testing/index.ts";
import { compilePlugin } from "./build/compile-plugin.ts";
import type { ConnectorInput } from "./contracts/connector.ts";
import type { Manifest } from "./contracts/manifest.ts";
import { grantAsked, isGrantName } from "./permissions.ts";
import type { PluginResult } from "./plugins.ts";
import { openTestPlugins } from "./plugins-fixture.ts";
import type { RecordedExchange } from "./protocol.ts";
import type { PluginRecord } from "./store/plugin-record.ts";
import { manifestSection, withCustomSection } from "./wasm/custom-sections.ts";

export type Arguments = NonNullable<ConnectorInput["arguments"]>;
export type RecordedCall = {
  readonly input: unknown;
  readonly export?: string;
  readonly config?: Readonly<Record<string, string>>;
  readonly http?: readonly RecordedExchange[];
  /** Absent: all that the manifest asks for. */
  readonly grants?: readonly string[];
};
export type GithubConnector = Awaited<ReturnType<typeof openGithubConnector>>;

export const connectorFolder = join(import.meta.dir, "../../plugins/connectors/github");
export const token = "ghp_fixtureToken0123456789abcdefghijkl";
export const mebibyte = 1_048_576;

export function createRockets() {
  return {
    ...{ id: 1296269, name: "acme/rockets", oldName: "acme/fireworks" },
    ...{ description: "Rockets, mostly", language: "C", stars: 80 },
    files: {
      "src/engine größe.c": "int thrust(void) { return 9; } // größe 😀\n",
      "docs/a.md": "thrust",
      "large.txt": "é".repeat(mebibyte / 2),
      "larger.txt": "a".repeat(mebibyte + 1),
      "logo.png": new Uint8Array([0x89, 0x50, 0x4e, 0x47]),
      ...Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`many/${index}.txt`, "common"])),
    },
    branches: ["main", "topic", ...Array.from({ length: 248 }, (_, index) => `feature/${index}`)],
    ...{ issues: [], pulls: [] },
  } satisfies GithubRepository;
}

/** With more branches than are followed, and without issues. */
function createSecrets(): GithubRepository {
  return {
    ...{ id: 2, name: "acme/secrets", isPrivate: true, description: null, language: null, stars: 0 },
    files: { "thrust.txt": "thrust" },
    branches: Array.from({ length: 1_001 }, (_, index) => `branch-${index}`),
    pulls: [],
  };
}

/**
 * The connector as it is built, three times: `github-reader` and `github-writer` ask a fixture of GitHub, and
 * `github-recorded` may be given recorded answers of the real one.
 */
export async function openGithubConnector() {
  const opened = openTestPlugins({ readVariable: () => token });
  const { plugins, folder } = opened;
  const rockets: GithubRepository = createRockets();
  const github = await startGithubFixture({ token, repositories: [rockets, createSecrets()] });
  const { path, manifest } = await compilePlugin({
    ...{ folder: connectorFolder, home: folder.path },
    output: folder.file("github.wasm"),
  });
  const module = new Uint8Array(readFileSync(path));
  const results: string[] = [];

  function keep(result: PluginResult<unknown>): PluginResult<unknown> {
    results.push(JSON.stringify(result));
    return result;
  }
  function toOutput(result: PluginResult<unknown>): unknown {
    return keep(result).ok && result.ok ? result.output : { failure: !result.ok && result.failure };
  }
  async function add(
    name: string,
    hosts: readonly string[],
    decisions: Partial<PluginRecord>,
  ): Promise<void> {
    const http = { hosts: [...hosts], reason: "A copy." };
    const copy = { ...manifest, name, permissions: { ...manifest.permissions, http } };
    const content = new TextEncoder().encode(JSON.stringify(copy));
    await plugins.add(
      { bytes: withCustomSection(module, manifestSection, content), source: "test" },
      decisions,
    );
  }
  const hosts = [`127.0.0.1:${github.port}`];
  const grants = {
    ...{ http: { hosts }, config: { keys: manifest.permissions.config?.keys ?? [] } },
    privateNetwork: true,
  } as const;
  const config = { token: { environment: "TOKEN" }, api_url: { value: `${github.url}/` } };
  await add("github-reader", hosts, { grants, config });
  await add("github-writer", hosts, { grants: { ...grants, write: true }, config });
  await add("github-recorded", manifest.permissions.http?.hosts ?? [], {});

  return {
    ...{ plugins, github, rockets, grants, manifest: toConnector(manifest) },
    /** Everything that came back, as JSON, and all that was logged. */
    seen: () => [...results, ...opened.said],
    async execute(operation: string, args: Arguments, name = "github-writer"): Promise<unknown> {
      return toOutput(await plugins.execute(name, { operation, arguments: args }));
    },
    /** As the writer, but for what is changed of it. */
    async executeAs(changes: Partial<PluginRecord>, operation: string, args: Arguments): Promise<unknown> {
      const record = { ...(await plugins.get("github-writer")), ...changes };
      return toOutput(await plugins.callRecord(record, { input: { operation, arguments: args } }));
    },
    async executeRecorded(given: RecordedCall): Promise<PluginResult<unknown>> {
      const values = Object.entries(given.config ?? {}).map(([key, value]) => [key, { value }]);
      const names = (given.grants ?? ["http", "config", "write"]).filter(isGrantName);
      const record = {
        ...(await plugins.get("github-recorded")),
        ...{ config: Object.fromEntries(values), grants: grantAsked(manifest, new Set(names)) },
      };
      const { input, http: recorded = [], export: name } = given;
      return keep(await plugins.callRecord(record, { input, recorded, ...(name && { export: name }) }));
    },
    async checkHealth(): Promise<unknown> {
      return toOutput(await plugins.call("github-reader", { export: "health", input: {} }));
    },
    lastRequest() {
      const request = github.requests.at(-1);
      if (!request) throw new Error("nobody asked the fixture");
      return { ...request, headers: Object.fromEntries(request.headers) };
    },
    /** GitHub misbehaves while `work` runs. */
    async during<T>(how: Parameters<GithubFixture["misbehave"]>[0], work: () => Promise<T>): Promise<T> {
      github.misbehave(how);
      try {
        return await work();
      } finally {
        github.misbehave(undefined);
      }
    },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await github[Symbol.asyncDispose]();
    },
  };
}

function toConnector(manifest: Manifest) {
  if (manifest.kind === "connector") return manifest;
  throw new Error("the plugin is no connector");
}
