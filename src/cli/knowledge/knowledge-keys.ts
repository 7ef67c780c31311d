import type { ConfigKey } from "../../config/index.ts";
import { judgingKeys } from "../judging/judging-keys.ts";

/** Where knowledge is, and how the models run that texts are compared by. */
export const knowledgeKeys: readonly ConfigKey[] = judgingKeys.filter((key) => key !== "chatTemplateFile");
