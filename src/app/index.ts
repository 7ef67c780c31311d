export { type App, createApp, openPlugins } from "./create-app.ts";
export { openLibrary } from "./open-parts.ts";
export { versions } from "./versions.ts";
