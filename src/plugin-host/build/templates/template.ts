/** What differs between the folders that `hearth plugin new` makes for the kinds of plugins. */
export type Template = {
  /** Fields of plugin.json beyond kind, name and version. */
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly source: string;
  readonly cases: string;
};
