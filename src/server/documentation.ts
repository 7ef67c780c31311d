import { toDocumentationPage } from "./documentation-page.ts";
import type { Route } from "./route.ts";

const pageHeaders = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
};

export const documentationRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/openapi.json",
    summary: "This description",
    group: "Documentation",
    access: "key",
    answers: "application/json",
    handle: (context, deps) => context.json(deps.openApiDocument()),
  },
  {
    method: "get",
    path: "/docs",
    summary: "This description as a page",
    group: "Documentation",
    access: "key",
    answers: "text/html",
    handle: (_context, deps) =>
      new Response(toDocumentationPage(deps.openApiDocument()), { headers: pageHeaders }),
  },
];
