import { pluginRoutes } from "./admin/plugin-routes.ts";
import { cacheRoutes } from "./cache/cache-routes.ts";
import { documentationRoutes } from "./documentation.ts";
import { healthRoutes } from "./health.ts";
import { coordinationRoutes } from "./judging/coordination-routes.ts";
import { judgeRoutes } from "./judging/judge-routes.ts";
import { trajectoryRoutes } from "./judging/trajectory-routes.ts";
import { collectionRoutes } from "./knowledge/collection-routes.ts";
import { vectorStoreRoutes } from "./knowledge/vector-store-routes.ts";
import { datasetRoutes } from "./learning/dataset-routes.ts";
import { learningRoutes } from "./learning/learning-routes.ts";
import { ollamaRoutes } from "./ollama/routes.ts";
import { adapterRoute } from "./openai/adapters.ts";
import { chatRoute } from "./openai/chat.ts";
import { completionRoute } from "./openai/completions.ts";
import { embeddingRoute } from "./openai/embeddings.ts";
import { modelRoutes } from "./openai/models.ts";
import { rerankRoutes } from "./openai/rerank.ts";
import { tokenRoutes } from "./openai/tokens.ts";
import type { Route } from "./route.ts";
import { routingRoutes } from "./routing/route-routes.ts";

/** Every route of the server; a new one is a new row. */
export const routes: readonly Route[] = [
  ...modelRoutes,
  chatRoute,
  completionRoute,
  embeddingRoute,
  ...rerankRoutes,
  adapterRoute,
  ...tokenRoutes,
  ...ollamaRoutes,
  ...judgeRoutes,
  ...trajectoryRoutes,
  ...coordinationRoutes,
  ...collectionRoutes,
  ...vectorStoreRoutes,
  ...learningRoutes,
  ...datasetRoutes,
  ...cacheRoutes,
  ...routingRoutes,
  ...pluginRoutes,
  ...healthRoutes,
  ...documentationRoutes,
];
