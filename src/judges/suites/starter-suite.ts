import { parseSuite } from "./parse-suite.ts";
import starterFile from "./starter.yaml" with { type: "text" };
import type { Suite } from "./suite.ts";

/** The text of the suite that is run where none is given, to begin an own one with. */
export const starterText: string = starterFile;

export function parseStarter(): Suite {
  return parseSuite(starterText, "starter.yaml");
}
