import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import {
  collectionChangeSchema,
  collectionSchema,
  documentsSchema,
  searchSchema,
} from "./collection-bodies.ts";

type Handlers = typeof import("./collection-handlers.ts");

/** Knowledge is loaded with the first request for it. */
function later(name: keyof Handlers): Route["handle"] {
  return async (context: AppContext, deps: RouteDeps) => {
    const handlers = await import("./collection-handlers.ts");
    return await handlers[name](context, deps);
  };
}

/** Every key may search; what is there belongs to the server, so changing it takes an administrator. */
const read = { group: "Knowledge", access: "key", answers: "application/json" } as const;
const change = { ...read, access: "admin" } as const;
const all = "/v1/collections";
const one = `${all}/:name`;
const documents = `${one}/documents`;

export const collectionRoutes: readonly Route[] = [
  { ...read, method: "get", path: all, summary: "List collections", handle: later("handleListCollections") },
  {
    ...{ ...change, method: "post", path: all },
    summary: "Make a collection",
    body: collectionSchema,
    handle: later("handleCreateCollection"),
  },
  { ...read, method: "get", path: one, summary: "Show a collection", handle: later("handleShowCollection") },
  {
    ...{ ...change, method: "post", path: one },
    summary: "Change the description or the label of a collection",
    body: collectionChangeSchema,
    handle: later("handleChangeCollection"),
  },
  {
    ...{ ...change, method: "delete", path: one },
    summary: "Remove a collection and all that it holds",
    handle: later("handleRemoveCollection"),
  },
  {
    ...{ ...read, method: "post", path: `${one}/search` },
    summary: "Search a collection by words and by meaning",
    body: searchSchema,
    handle: later("handleSearchCollection"),
  },
  {
    ...{ ...read, method: "get", path: documents },
    summary: "List the documents of a collection",
    handle: later("handleListDocuments"),
  },
  {
    ...{ ...change, method: "post", path: documents },
    summary: "Add documents; one whose source is there already is replaced",
    body: documentsSchema,
    handle: later("handleAddDocuments"),
  },
  {
    ...{ ...read, method: "get", path: `${documents}/:id` },
    summary: "Show a document with its text",
    handle: later("handleShowDocument"),
  },
  {
    ...{ ...change, method: "delete", path: `${documents}/:id` },
    summary: "Remove a document",
    handle: later("handleRemoveDocument"),
  },
];
