import type { AdapterUse, Sampling } from "../contract/index.ts";
import { UsageError } from "./usage-error.ts";

/** What a chat session can be told with /set or by flags. */
export type Settings = {
  readonly system?: string;
  readonly maxTokens?: number;
  readonly sampling: Sampling;
  readonly adapters?: readonly AdapterUse[];
  /** Answer from what these hold. */
  readonly collections?: readonly string[];
};

type NumericSetting = {
  readonly key: "temperature" | "topK" | "topP" | "minP" | "repeatPenalty" | "seed";
  readonly minimum: number;
  readonly maximum: number;
  readonly isWhole: boolean;
};

const numeric: Readonly<Record<string, NumericSetting>> = {
  temperature: { key: "temperature", minimum: 0, maximum: 2, isWhole: false },
  "top-k": { key: "topK", minimum: 0, maximum: 1_000_000, isWhole: true },
  "top-p": { key: "topP", minimum: 0, maximum: 1, isWhole: false },
  "min-p": { key: "minP", minimum: 0, maximum: 1, isWhole: false },
  "repeat-penalty": { key: "repeatPenalty", minimum: 0.1, maximum: 10, isWhole: false },
  seed: { key: "seed", minimum: 0, maximum: 2 ** 32 - 1, isWhole: true },
};
const maxTokensLimit = 2 ** 24;

export const settingNames: readonly string[] = ["system", "max-tokens", ...Object.keys(numeric)];

/** The settings with one changed; `default` takes a setting back. Throws UsageError for a wrong name or value. */
export function changeSetting(settings: Settings, name: string, value: string): Settings {
  const isReset = value === "default";
  if (name === "system") {
    const { system: _, ...rest } = settings;
    return isReset || value === "" ? rest : { ...rest, system: value };
  }
  if (name === "max-tokens") {
    const { maxTokens: _, ...rest } = settings;
    return isReset
      ? rest
      : {
          ...rest,
          maxTokens: parseNumber(name, value, { minimum: 1, maximum: maxTokensLimit, isWhole: true }),
        };
  }
  const setting = Object.hasOwn(numeric, name) ? numeric[name] : undefined;
  if (!setting) throw new UsageError(`there is no setting "${name}"; there are ${settingNames.join(", ")}`);
  const { [setting.key]: _, ...rest } = settings.sampling;
  const sampling = isReset ? rest : { ...rest, [setting.key]: parseNumber(name, value, setting) };
  return { ...settings, sampling };
}

/** One `name value` line a setting. */
export function describeSettings({ system, maxTokens, sampling }: Settings): string {
  const values: Record<string, string | number | undefined> = { system, "max-tokens": maxTokens };
  for (const [name, { key }] of Object.entries(numeric)) values[name] = sampling[key];
  return settingNames.map((name) => `${name.padEnd(16)}${values[name] ?? "default"}\n`).join("");
}

function parseNumber(
  name: string,
  text: string,
  range: { readonly minimum: number; readonly maximum: number; readonly isWhole: boolean },
): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const isRight =
    value >= range.minimum && value <= range.maximum && (!range.isWhole || Number.isInteger(value));
  if (isRight) return value;
  const kind = range.isWhole ? "a whole number" : "a number";
  throw new UsageError(
    `${name}: expected ${kind} from ${range.minimum} to ${range.maximum}, got ${JSON.stringify(text)}`,
  );
}
