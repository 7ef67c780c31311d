/** Folders of one path that may be its root; further in none is looked for. */
const maxFolders = 256;

/** What was indexed, and a path from there. */
export type FilePlace = { readonly root: string; readonly source: string };

/** Every root and source that name the same file, the outermost root first. Of a page, or without a root: the one given. */
export function listPlaces({ root, source }: FilePlace): readonly FilePlace[] {
  if (!root.startsWith("/")) return [{ root, source }];
  const path = `${toPrefix(root)}${source}`;
  const places: FilePlace[] = [];
  for (let slash = 0; slash !== -1 && places.length < maxFolders; slash = path.indexOf("/", slash + 1)) {
    const place = { root: path.slice(0, slash) || "/", source: path.slice(slash + 1) };
    if (place.source !== "") places.push(place);
  }
  return places.some((place) => place.root === root) ? places : [...places, { root, source }];
}

/** The folders that a folder lies in, the outermost first. */
export function listFoldersAround(folder: string): readonly string[] {
  if (folder === "/") return [];
  return listPlaces({ root: folder, source: "x" }).flatMap(({ root }) => (root === folder ? [] : [root]));
}

/** What the paths of all files in a folder begin with. */
export function toPrefix(folder: string): string {
  return folder.endsWith("/") ? folder : `${folder}/`;
}

/** The first text after all those that begin with `prefix`, which ends with a slash. */
export function afterPrefix(prefix: string): string {
  return `${prefix.slice(0, -1)}0`;
}
