/** A file carried by the program: importing it gives its path. */
declare module "*.gguf" {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: the runtime exports the path so.
  export default path;
}
