import { AppError } from "../../../base/index.ts";

const maxPatterns = 100;
const maxPatternChars = 500;
/** Machines write them, and they crowd out what people write. */
const neverWanted: readonly string[] = [
  ...["node_modules", ".git", "*.min.js", "*.min.css", "*.map"],
  ...["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"],
  ...["Cargo.lock", "poetry.lock", "uv.lock", "Pipfile.lock", "composer.lock", "Gemfile.lock", "go.sum"],
];

export type PathFilter = {
  /** Whether a path from the root, with `/` between folders, is wanted. */
  isWanted(path: string): boolean;
};

/** Throws AppError invalid_request for patterns that are too many or too long. */
export function createPathFilter(patterns: {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}): PathFilter {
  const include = toGlobs("include", patterns.include ?? []);
  const exclude = toGlobs("exclude", patterns.exclude ?? []);
  const unwanted = toGlobs("exclude", neverWanted);
  const hasMatch = (globs: readonly Bun.Glob[], path: string) => globs.some((glob) => glob.match(path));
  return {
    isWanted(path) {
      if (hasMatch(exclude, path)) return false;
      return include.length > 0 ? hasMatch(include, path) : !hasMatch(unwanted, path);
    },
  };
}

/** Each pattern names a file, or a folder with all it holds. */
function toGlobs(field: string, patterns: readonly string[]): readonly Bun.Glob[] {
  if (patterns.length > maxPatterns) {
    const message = `${field}: ${patterns.length} patterns were given, and at most ${maxPatterns} may be`;
    throw new AppError("invalid_request", message);
  }
  return patterns.flatMap((pattern) => {
    const path = pattern.replace(/^\.?\/+/, "").replace(/\/+$/, "");
    if (path === "" || path.length > maxPatternChars) {
      const message = `${field}: a pattern has 1 to ${maxPatternChars} characters, got ${JSON.stringify(pattern.slice(0, 80))}`;
      throw new AppError("invalid_request", message);
    }
    const isAnywhere = !path.includes("/") && !/^\.?\//.test(pattern);
    const start = isAnywhere ? `**/${path}` : path;
    return [new Bun.Glob(start), new Bun.Glob(`${start}/**`)];
  });
}
