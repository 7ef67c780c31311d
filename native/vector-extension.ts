/** The path of sqlite-vec's library for this machine. Throws where no package has one for this platform. */
export function findVectorExtension(): string {
  const { platform, arch } = process;
  const suffix = platform === "darwin" ? "dylib" : "so";
  return Bun.resolveSync(`sqlite-vec-${platform}-${arch}/vec0.${suffix}`, import.meta.dir);
}
