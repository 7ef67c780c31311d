import type { Analysis } from "../../judges/index.ts";
import { toHeatMap } from "./heat-map-content.ts";
import { formatHtml } from "./heat-map-html.ts";
import { formatSvg } from "./heat-map-svg.ts";

/** The answer with its tokens on the colour of their confidence, as a file that needs no other. */
export function formatHeatMap(analysis: Analysis, format: "svg" | "html"): string {
  const map = toHeatMap(analysis);
  return format === "svg" ? formatSvg(map) : formatHtml(map);
}
