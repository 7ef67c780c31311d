import {
  formatParameters,
  type GgufDescription,
  isAdapter,
  type MemoryEstimate,
  type ModelRecord,
} from "../models/index.ts";
import { countAdapters, describeCapabilities } from "./listing.ts";
import { formatBytes, formatCount, visible } from "./table.ts";

/** Longer texts are begun only. */
const maxTextLines = 6;
const maxTextChars = 600;
const labelColumns = 16;

export type ShownModel = {
  readonly record: ModelRecord;
  /** Of its weights' file. */
  readonly description: GgufDescription;
  readonly template?: string;
  /** Absent for an adapter. */
  readonly memory?: MemoryEstimate;
};

type Row = readonly [label: string, value: string | number | undefined];

export function formatModel(shown: ShownModel): string {
  const rows = [...listSource(shown), ...listShape(shown), ...listSettings(shown)];
  const facts = rows
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([label, value]) => formatRow(label, String(value)))
    .join("");
  return facts + (shown.memory ? formatMemory(shown.memory) : "");
}

function listSource({ record, description }: ShownModel): readonly Row[] {
  const weights = record.layers.filter(({ role }) => role === "model" || role === "adapter");
  const projectors = record.layers.filter(({ role }) => role === "projector");
  return [
    ["model", record.name],
    ["title", description.name],
    ["kind", isAdapter(record) ? "adapter" : undefined],
    ["source", record.source],
    ["origin", record.origin],
    ["size", formatBytes(record.layers.reduce((sum, { bytes }) => sum + bytes, 0))],
    ["parts", description.parts > 1 ? description.parts : undefined],
    ["adapters", isAdapter(record) ? undefined : countAdapters(record) || undefined],
    ["projector", projectors.length > 0 ? "yes" : undefined],
    ["file", weights[0]?.path],
  ];
}

function listShape({ record, description }: ShownModel): readonly Row[] {
  const { experts, expertsUsed } = description;
  return [
    ["architecture", description.architecture],
    ["parameters", formatCount(record.summary.parameters)],
    ["format", description.quantisation],
    ["context", description.trainedContextTokens],
    ["sliding window", description.slidingWindowTokens],
    ["layers", description.layers],
    ["heads", description.heads],
    ["KV heads", description.keyValueHeads],
    ["embedding", description.embeddingLength],
    ["experts", experts === undefined ? undefined : `${expertsUsed ?? experts} of ${experts}`],
    ["vocabulary", description.vocabularySize],
    ["can", isAdapter(record) ? undefined : describeCapabilities(record)],
  ];
}

function listSettings({ record, description, template }: ShownModel): readonly Row[] {
  const { settings } = record;
  const { licenses = [], messages = [] } = settings;
  return [
    ["license", description.license ?? (licenses[0] === undefined ? undefined : begin(licenses[0]))],
    ["license link", description.licenseLink],
    ["settings", formatParameters(settings)],
    ["system", settings.system === undefined ? undefined : begin(settings.system)],
    ["messages", messages.length || undefined],
    ["template", template === undefined ? undefined : begin(template, "; --template shows all")],
  ];
}

/** What is charged to the budget when the model is loaded as the server would. */
function formatMemory(memory: MemoryEstimate): string {
  const { contextTokens, kvTokens, deviceBytes, layers, layersOnDevice } = memory;
  const parts: readonly (readonly [label: string, bytes: number, note: string])[] = [
    ["weights", memory.weightsBytes, ""],
    ["KV cache", memory.kvBytes, `for ${kvTokens} tokens of all answers`],
    ["compute", memory.computeBytes + memory.outputBytes, ""],
    ["projector", memory.projectorBytes, ""],
    ["adapters", memory.adapterBytes, ""],
    ["runtime", memory.runtimeBytes, ""],
    ["on a GPU", deviceBytes, `${layersOnDevice} of ${layers + 1} layers`],
  ];
  const total = `${formatBytes(memory.totalBytes)} at a context of ${contextTokens} tokens`;
  const lines = parts
    .filter(([, bytes]) => bytes > 0)
    .map(([label, bytes, note]) =>
      formatRow(`  ${label}`, `${formatBytes(bytes).padStart(9)}  ${note}`.trimEnd()),
    );
  return formatRow("memory", total) + lines.join("");
}

/** The first lines of a text, and how much more there is. */
function begin(text: string, hint = ""): string {
  const lines = text.trimEnd().split("\n");
  const shown = lines.slice(0, maxTextLines).join("\n").slice(0, maxTextChars);
  const hidden = text.trimEnd().length - shown.length;
  return hidden > 0 ? `${shown}\n(${hidden} more characters${hint})` : shown;
}

/** Further lines of a value stand below its first. */
function formatRow(label: string, value: string): string {
  const [first = "", ...others] = visible(value.replaceAll("\t", "  ")).split("\n");
  const indent = " ".repeat(labelColumns);
  return [`${label.padEnd(labelColumns)}${first}`, ...others.map((line) => indent + line)]
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}
