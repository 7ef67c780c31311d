/** sqlite-vec for this machine, as its npm package has it. */
const suffixes: Readonly<Record<string, string>> = { darwin: "dylib", win32: "dll" };

/** The path of the extension's library. Throws where the package has none for this platform. */
export function findVectorExtension(): string {
  const { platform, arch } = process;
  const system = platform === "win32" ? "windows" : platform;
  return Bun.resolveSync(`sqlite-vec-${system}-${arch}/vec0.${suffixes[platform] ?? "so"}`, import.meta.dir);
}
