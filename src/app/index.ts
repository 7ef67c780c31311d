export { type App, createApp, openLibrary, openPlugins, versions } from "./create-app.ts";
