import { unpackAssets } from "../base/index.ts";
import { embeddedLibraries } from "./embedded-libraries.ts";

/** The folder to load the native libraries from: unpacked under `home`, or as `native/build.ts` left them. */
export async function locateLibraries(home: string): Promise<string> {
  if (embeddedLibraries.length > 0) return await unpackAssets(home, "native", embeddedLibraries);
  const { libraryDir } = await import("../../native/library.ts");
  return libraryDir();
}
