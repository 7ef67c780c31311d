import type { OpenAPIHono, z } from "@hono/zod-openapi";
import type { Env } from "./request-scope.ts";
import type { Route } from "./route.ts";

/** Describes the routes as an OpenAPI 3.1 document. Costly, so it is made when somebody asks for it. */
export function createOpenApiDocument(
  app: OpenAPIHono<Env>,
  routes: readonly Route[],
  version: string,
): object {
  const { openAPIRegistry: registry } = app;
  registry.registerComponent("securitySchemes", "key", { type: "http", scheme: "bearer" });
  for (const route of routes) registry.registerPath(toPathConfig(route));
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Hearth", version, description: "Language models on your own machine." },
  });
}

function toPathConfig(route: Route) {
  const parameters = [...route.path.matchAll(/:(\w+)(\{[^}]*\})?/g)].map(([, name = ""]) => ({
    name,
    in: "path" as const,
    required: true,
    schema: { type: "string" as const },
  }));
  return {
    method: route.method,
    path: route.path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}"),
    summary: route.summary,
    tags: [route.group],
    parameters,
    security: route.access !== "open" ? [{ key: [] }] : [],
    ...toRequest(route),
    responses: {
      200: {
        description: "The answer",
        ...(route.answers === "nothing" ? {} : { content: toAnswerContent(route) }),
      },
      default: {
        description: "An error",
        content: {
          "application/json": { schema: route.group === "Ollama" ? ollamaErrorSchema : errorSchema },
        },
      },
    },
  };
}

function toRequest(route: Route) {
  const file = { type: "string" as const, format: "binary" };
  if (route.takes === "file")
    return {
      request: { body: { required: true, content: { "application/octet-stream": { schema: file } } } },
    };
  if (route.takes === "form") {
    const properties = { file, purpose: { type: "string" as const } };
    const schema = { type: "object" as const, properties, required: ["file", "purpose"] };
    return { request: { body: { required: true, content: { "multipart/form-data": { schema } } } } };
  }
  return route.body ? { request: { body: { required: true, content: toContent(route.body()) } } } : {};
}

function toContent(schema: z.ZodType) {
  return { "application/json": { schema } };
}

function toAnswerContent(route: Route) {
  const events = route.streams ? { [route.streams]: { schema: { type: "string" as const } } } : {};
  const type = route.answers === "application/json" ? ("object" as const) : ("string" as const);
  return { [route.answers]: { schema: { type } }, ...events };
}

const ollamaErrorSchema = {
  type: "object" as const,
  properties: { error: { type: "string" as const } },
};

const errorSchema = {
  type: "object" as const,
  properties: {
    error: {
      type: "object" as const,
      properties: {
        message: { type: "string" as const },
        type: { type: "string" as const },
        param: { type: ["string" as const, "null" as const] },
        code: { type: ["string" as const, "null" as const] },
      },
    },
  },
};
