import type { Route } from "../route.ts";

/**
 * The version of Ollama whose API is spoken here. Clients switch features on by it: VS Code wants at least 0.6.4, and
 * what 0.13.0 answers (tools, thinking, logprobs, schemas) is answered here.
 */
export const ollamaApiVersion = "0.13.0";

export const versionRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/",
    summary: "That the server runs, as text",
    group: "Ollama",
    access: "open",
    answers: "text/plain",
    handle: (context) => context.text("Hearth is running"),
  },
  {
    method: "get",
    path: "/api/version",
    summary: "The version of Ollama's API that is spoken, and Hearth's own",
    group: "Ollama",
    access: "key",
    answers: "application/json",
    handle: (context, deps) => context.json({ version: ollamaApiVersion, hearth: deps.version }),
  },
];
