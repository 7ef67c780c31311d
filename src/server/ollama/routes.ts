import type { Route } from "../route.ts";
import { blobRoutes } from "./blobs.ts";
import { chatRoute } from "./chat.ts";
import { createRoute } from "./create.ts";
import { embedRoute } from "./embed.ts";
import { embeddingsRoute } from "./embeddings.ts";
import { generateRoute } from "./generate.ts";
import { manageRoutes } from "./manage.ts";
import { psRoute } from "./ps.ts";
import { pullRoute } from "./pull.ts";
import { showRoute } from "./show.ts";
import { tagsRoute } from "./tags.ts";
import { versionRoutes } from "./version.ts";

/** Ollama's own API, on the port that its clients expect. */
export const ollamaRoutes: readonly Route[] = [
  ...versionRoutes,
  tagsRoute,
  psRoute,
  showRoute,
  chatRoute,
  generateRoute,
  embedRoute,
  embeddingsRoute,
  pullRoute,
  createRoute,
  ...manageRoutes,
  ...blobRoutes,
];
