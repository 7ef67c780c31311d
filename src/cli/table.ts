/** A number with or without the unit of `formatBytes` or `formatCount`; a dash where there is none. */
const figurePattern = /^(?:-|[\d.,]+(?: (?:[KMGT]iB|[KMBT]))?)$/;

/** Rows as aligned columns under their heads; columns whose cells are all numbers go to the right. */
export function formatTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) =>
    rows.reduce((width, row) => Math.max(width, Bun.stringWidth(row[column] ?? "")), Bun.stringWidth(head)),
  );
  const isNumeric = heads.map((_, column) => rows.every((row) => figurePattern.test(row[column] ?? "")));
  const formatRow = (cells: readonly string[]) =>
    cells
      .map((cell, column) => {
        const space = " ".repeat((widths[column] ?? 0) - Bun.stringWidth(cell));
        return isNumeric[column] ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd();
  return `${[heads, ...rows].map(formatRow).join("\n")}\n`;
}

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB"] as const;
const countUnits = ["", " K", " M", " B", " T"] as const;

/** 4704192 as `4.5 MiB`. */
export function formatBytes(bytes: number): string {
  return scale(bytes, 1024, byteUnits, " ");
}

/** 4328704 as `4.3 M`. */
export function formatCount(count: number): string {
  return scale(count, 1000, countUnits, "");
}

function scale(value: number, step: number, units: readonly string[], space: string): string {
  let unit = 0;
  while (value >= step && unit < units.length - 1) {
    value /= step;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)}${space}${units[unit] ?? ""}`;
}

/** Text of a model or a file that must not steer the terminal. */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed.
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "�");
}

/** The same on one line. */
export function oneLine(text: string): string {
  return visible(text.replace(/\s+/g, " "));
}

/** JSON that cannot steer a terminal either: what `JSON.stringify` leaves as it is, is escaped. */
export function toJsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent);
  return text.replace(/[\x7f-\x9f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}
