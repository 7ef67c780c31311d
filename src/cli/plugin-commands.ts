/** The commands of those who write, add and call plugins. Each loads its code when it is called. */
import { Argument, type Command } from "commander";
import type { ConfigKey } from "../config/index.ts";
import type { PluginKind } from "../plugin-host/index.ts";
import { addConfigFlags, collect, readConfigFlags } from "./config-flags.ts";
import type { CliDeps, Finish } from "./deps.ts";
import type { DecisionFlags } from "./plugin/decisions.ts";

const kinds = ["connector", "judge", "policy"] as const satisfies readonly PluginKind[];
/** Where plugins are kept, and who is trusted to have written them. */
const trustKeys: readonly ConfigKey[] = ["home", "trustedKeys", "requireSigned"];
const moduleOrName = "a name that hearth plugin ls shows, or the path of a .wasm file";
const jsonFlag = "--json";
const forMachines = "for machines";

type JsonOption = { readonly json?: boolean };

export function addPluginCommands(program: Command, deps: CliDeps, finish: Finish): void {
  const plugin = program
    .command("plugin")
    .description("Write, test, add and call plugins: connectors, judges and policies in WebAssembly.")
    .addHelpText(
      "after",
      "\nExample:\n  hearth plugin new judge my-judge\n  hearth plugin test my-judge\n  hearth plugin add my-judge/build/my-judge.wasm",
    );
  addNew(plugin, deps, finish);
  addBuild(plugin, deps, finish);
  addTest(plugin, deps, finish);
  addPack(plugin, deps, finish);
  addSign(plugin, deps, finish);
  addAdd(plugin, deps, finish);
  addCall(plugin, deps, finish);
  addLs(plugin, deps, finish);
  addInfo(plugin, deps, finish);
  addRm(plugin, deps, finish);
  addSwitch(plugin, deps, finish, { name: "enable", isEnabled: true });
  addSwitch(plugin, deps, finish, { name: "disable", isEnabled: false });
}

function addNew(plugin: Command, deps: CliDeps, finish: Finish): void {
  plugin
    .command("new")
    .description("Write the folder of a new plugin, which compiles and passes its test as it is.")
    .addArgument(new Argument("<kind>", "what it is").choices(kinds))
    .argument("<name>", "what to call it: a-z, 0-9 and -")
    .option("--dir <folder>", "where to write it (default: a folder of its name, here)")
    .addHelpText("after", "\nExample:\n  hearth plugin new judge my-judge")
    .action(async (kind: PluginKind, name: string, { dir }: { dir?: string }) => {
      const { createNew } = await import("./plugin/new.ts");
      finish(await createNew(deps, { kind, name, ...(dir !== undefined && { folder: dir }) }));
    });
}

function addBuild(plugin: Command, deps: CliDeps, finish: Finish): void {
  const command = plugin
    .command("build")
    .description("Compile a plugin's folder to build/NAME.wasm, manifest included.")
    .argument("[folder]", "the folder with plugin.json", ".");
  addConfigFlags(command, ["home"])
    .addHelpText("after", "\nExample:\n  hearth plugin build my-judge")
    .action(async (folder: string) => {
      const { build } = await import("./plugin/build.ts");
      finish(await build(deps, { ...readConfigFlags(command), folder }));
    });
}

function addTest(plugin: Command, deps: CliDeps, finish: Finish): void {
  const command = plugin
    .command("test")
    .description("Compile a plugin's folder and run its cases, in the sandbox of the server.")
    .argument("[folder]", "the folder with plugin.json", ".")
    .option("--case <text>", "only the cases with this in their name")
    .option(jsonFlag, forMachines);
  addConfigFlags(command, ["home"])
    .addHelpText(
      "after",
      "\nExample:\n  hearth plugin test my-judge --case empty\n\nA case in cases/*.yaml or *.json has name, input and expect, of which only what is named is compared, or the\ncode of an error. Besides: export, config, grants (default: all that the manifest asks for), and http, a list of\n{request: {method, url}, response: {status, headers, body}}, in place of the network.",
    )
    .action(async (folder: string, options: JsonOption & { case?: string }) => {
      const { json = false, case: only } = options;
      const { testPlugin } = await import("./plugin/test.ts");
      finish(
        await testPlugin(deps, {
          ...readConfigFlags(command),
          ...{ folder, json, ...(only !== undefined && { only }) },
        }),
      );
    });
}

function addPack(plugin: Command, deps: CliDeps, finish: Finish): void {
  plugin
    .command("pack")
    .description("Make a plugin of a module of any language: its manifest becomes a part of it.")
    .argument("<module>", "the .wasm file")
    .requiredOption("--manifest <file>", "the manifest, as in plugin.json")
    .requiredOption("-o, --output <file>", "where to write the plugin")
    .addHelpText(
      "after",
      "\nExample:\n  hearth plugin pack judge.wasm --manifest plugin.json -o my-judge.wasm",
    )
    .action(async (module: string, options: { manifest: string; output: string }) => {
      const { pack } = await import("./plugin/pack.ts");
      finish(await pack(deps, { module, ...options }));
    });
}

function addSign(plugin: Command, deps: CliDeps, finish: Finish): void {
  plugin
    .command("sign")
    .description("Sign a plugin, and print the public key that servers can trust.")
    .argument("<file>", "the .wasm file")
    .requiredOption("--key <file>", "an ed25519 private key in PEM form")
    .option("--new-key", "make that key first")
    .option("-o, --output <file>", "where to write the signed plugin (default: the file itself)")
    .addHelpText(
      "after",
      "\nExample:\n  hearth plugin sign my-judge.wasm --key ~/.keys/plugins.pem --new-key",
    )
    .action(async (file: string, options: { key: string; newKey?: boolean; output?: string }) => {
      const { newKey = false, ...rest } = options;
      const { sign } = await import("./plugin/sign.ts");
      finish(await sign(deps, { file, newKey, ...rest }));
    });
}

function addAdd(plugin: Command, deps: CliDeps, finish: Finish): void {
  const command = plugin
    .command("add")
    .description("Show what a plugin is and asks for, and take it in with what is granted.")
    .argument("<plugin>", "the path or https address of a .wasm file, or a name that hearth plugin ls shows")
    .option("--yes", "do not ask: grant what is shown")
    .option("--sha256 <hex>", "refuse another file than this one")
    .option("--deny <name>", "permission that is not granted; may be repeated", collect);
  addDecisionFlags(command);
  addConfigFlags(command, trustKeys, { hasFileFlag: false })
    .addHelpText(
      "after",
      "\nExamples:\n  hearth plugin add my-judge.wasm\n  hearth plugin add github --yes --grant write --config token=env:GITHUB_TOKEN\n\nA new plugin is granted all that its manifest asks for, or what --grant names of that. What changes something on\nthe other side, write, is granted by --grant write alone. A plugin that is here keeps what was decided.",
    )
    .action(
      async (
        reference: string,
        options: DecisionFlags & { readonly yes?: boolean; readonly sha256?: string },
      ) => {
        const { yes = false, sha256 } = options;
        const { add } = await import("./plugin/add.ts");
        finish(
          await add(deps, {
            ...readConfigFlags(command),
            ...{ reference, yes, decisions: options, ...(sha256 !== undefined && { sha256 }) },
          }),
        );
      },
    );
}

type CallFlags = DecisionFlags & JsonOption & { readonly input?: string; readonly export?: string };

function addCall(plugin: Command, deps: CliDeps, finish: Finish): void {
  const command = plugin
    .command("call")
    .description("Call a plugin once, in the sandbox of the server, and print what comes out.")
    .argument("<plugin>", moduleOrName)
    .option(
      "--input <file>",
      "what goes in, JSON for judges, policies and connectors; - reads what is piped in",
    )
    .option("--export <name>", "the function to call (default: that of the plugin's kind)")
    .option(jsonFlag, "one line of JSON");
  addDecisionFlags(command);
  addConfigFlags(command, trustKeys, { hasFileFlag: false })
    .addHelpText(
      "after",
      '\nExamples:\n  echo \'{"response": "Hello."}\' | hearth plugin call length-and-keywords --input -\n  hearth plugin call ./module.wasm --export count_vowels --input text.txt\n\nA file that was not added is granted nothing but what --grant names. What fails is {"error": {"code", "message"}},\nand the exit code is 1 then.',
    )
    .action(async (name: string, options: CallFlags) => {
      const { json = false, input, export: exportName } = options;
      const { call } = await import("./plugin/call.ts");
      finish(
        await call(deps, {
          ...readConfigFlags(command),
          ...{ plugin: name, json, decisions: options },
          ...(input !== undefined && { input }),
          ...(exportName !== undefined && { export: exportName }),
        }),
      );
    });
}

function addDecisionFlags(command: Command): void {
  command
    .option("--grant <name>", "permission to grant, such as http or write; may be repeated", collect)
    .option(
      "--config <key=value>",
      "value of a config key, or env:VARIABLE; KEY= takes it back; may be repeated",
      collect,
    )
    .option("--limit <name=number>", "another limit, such as timeoutMs=30000; may be repeated", collect)
    .option("--private-network", "let its http reach private and loopback addresses");
}

function addLs(plugin: Command, deps: CliDeps, finish: Finish): void {
  const command = plugin
    .command("ls")
    .alias("list")
    .description("List the plugins that are here, and what they failed of last.")
    .option(jsonFlag, forMachines);
  addConfigFlags(command, ["home"])
    .addHelpText("after", "\nExample:\n  hearth plugin ls")
    .action(async ({ json = false }: JsonOption) => {
      const { ls } = await import("./plugin/ls.ts");
      finish(await ls(deps, { ...readConfigFlags(command), json }));
    });
}

function addInfo(plugin: Command, deps: CliDeps, finish: Finish): void {
  const command = plugin
    .command("info")
    .description("Tell all of a plugin: permissions, limits, signature, operations.")
    .argument("<plugin>", moduleOrName)
    .option(jsonFlag, forMachines);
  addConfigFlags(command, trustKeys)
    .addHelpText("after", "\nExample:\n  hearth plugin info github")
    .action(async (name: string, { json = false }: JsonOption) => {
      const { info } = await import("./plugin/info.ts");
      finish(await info(deps, { ...readConfigFlags(command), plugin: name, json }));
    });
}

function addRm(plugin: Command, deps: CliDeps, finish: Finish): void {
  const command = plugin
    .command("rm")
    .description("Remove plugins, and what they stored.")
    .argument("<name...>", "a name that hearth plugin ls shows");
  addConfigFlags(command, ["home"])
    .addHelpText("after", "\nExample:\n  hearth plugin rm my-judge")
    .action(async (names: string[]) => {
      const { rm } = await import("./plugin/rm.ts");
      finish(await rm(deps, { ...readConfigFlags(command), names }));
    });
}

type Switch = { readonly name: "enable" | "disable"; readonly isEnabled: boolean };

function addSwitch(plugin: Command, deps: CliDeps, finish: Finish, { name, isEnabled }: Switch): void {
  const command = plugin
    .command(name)
    .description(
      isEnabled
        ? "Switch plugins on again; that ends a quarantine too."
        : "Switch plugins off, without forgetting what was decided about them.",
    )
    .argument("<name...>", "a name that hearth plugin ls shows");
  addConfigFlags(command, ["home"])
    .addHelpText("after", `\nExample:\n  hearth plugin ${name} my-judge`)
    .action(async (names: string[]) => {
      const { setEnabled } = await import("./plugin/set-enabled.ts");
      finish(await setEnabled(deps, { ...readConfigFlags(command), names, isEnabled }));
    });
}
