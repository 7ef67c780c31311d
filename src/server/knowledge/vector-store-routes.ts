import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import {
  fileBatchSchema,
  vectorStoreAttributesSchema,
  vectorStoreFileSchema,
  vectorStoreSchema,
  vectorStoreSearchSchema,
} from "./vector-store-bodies.ts";

type StoreHandlers = typeof import("./vector-store-handlers.ts");
type BatchHandlers = typeof import("./file-batch-handlers.ts");
type FileHandlers = typeof import("./file-handlers.ts");

function store(name: keyof StoreHandlers): Route["handle"] {
  return async (context: AppContext, deps: RouteDeps) =>
    await (await import("./vector-store-handlers.ts"))[name](context, deps);
}

function batch(name: keyof BatchHandlers): Route["handle"] {
  return async (context: AppContext, deps: RouteDeps) =>
    await (await import("./file-batch-handlers.ts"))[name](context, deps);
}

function file(name: keyof FileHandlers): Route["handle"] {
  return async (context: AppContext, deps: RouteDeps) =>
    await (await import("./file-handlers.ts"))[name](context, deps);
}

const read = { group: "Knowledge", access: "key", answers: "application/json" } as const;
const change = { ...read, access: "admin" } as const;
const stores = "/v1/vector_stores";
const one = `${stores}/:id`;
const within = `${one}/files`;
const inside = `${within}/:file`;
const batches = `${one}/file_batches`;
const oneBatch = `${batches}/:batch`;
const files = "/v1/files";

/** Collections as clients of OpenAI's vector stores know them, and the files that they are filled from. */
export const vectorStoreRoutes: readonly Route[] = [
  { ...read, method: "get", path: stores, summary: "List vector stores", handle: store("handleListStores") },
  {
    ...{ ...change, method: "post", path: stores },
    summary: "Make a vector store",
    body: vectorStoreSchema,
    handle: store("handleCreateStore"),
  },
  { ...read, method: "get", path: one, summary: "Show a vector store", handle: store("handleShowStore") },
  {
    ...{ ...change, method: "post", path: one },
    summary: "Rename a vector store",
    body: vectorStoreSchema,
    handle: store("handleChangeStore"),
  },
  {
    ...{ ...change, method: "delete", path: one },
    summary: "Remove a vector store",
    handle: store("handleRemoveStore"),
  },
  {
    ...{ ...read, method: "post", path: `${one}/search` },
    summary: "Search a vector store",
    body: vectorStoreSearchSchema,
    handle: store("handleSearchStore"),
  },
  {
    ...{ ...read, method: "get", path: within },
    summary: "List the files of a vector store",
    handle: store("handleListStoreFiles"),
  },
  {
    ...{ ...change, method: "post", path: within },
    summary: "Put an uploaded file into a vector store",
    body: vectorStoreFileSchema,
    handle: store("handleAttachFile"),
  },
  {
    ...{ ...read, method: "get", path: inside },
    summary: "Show a file of a vector store",
    handle: store("handleShowStoreFile"),
  },
  {
    ...{ ...change, method: "post", path: inside },
    summary: "Set attributes of a file of a vector store",
    body: vectorStoreAttributesSchema,
    handle: store("handleChangeStoreFile"),
  },
  {
    ...{ ...read, method: "get", path: `${inside}/content` },
    summary: "The text of a file as it is searched",
    handle: store("handleReadStoreFile"),
  },
  {
    ...{ ...change, method: "delete", path: inside },
    summary: "Take a file out of a vector store",
    handle: store("handleDetachFile"),
  },
  {
    ...{ ...change, method: "post", path: batches },
    summary: "Put several uploaded files into a vector store, behind the reply",
    body: fileBatchSchema,
    handle: batch("handleCreateBatch"),
  },
  {
    ...{ ...read, method: "get", path: oneBatch },
    summary: "How far a batch of files is",
    handle: batch("handleShowBatch"),
  },
  {
    ...{ ...change, method: "post", path: `${oneBatch}/cancel` },
    summary: "Stop a batch of files; those that were put in stay",
    handle: batch("handleCancelBatch"),
  },
  {
    ...{ ...read, method: "get", path: `${oneBatch}/files` },
    summary: "List the files of a batch and what became of them",
    handle: batch("handleListBatchFiles"),
  },
  {
    ...{ ...read, method: "post", path: files },
    summary: "Upload a file: multipart/form-data with file and purpose",
    takes: "form",
    handle: file("handleUploadFile"),
  },
  { ...read, method: "get", path: files, summary: "List uploaded files", handle: file("handleListFiles") },
  { ...read, method: "get", path: `${files}/:id`, summary: "Show a file", handle: file("handleShowFile") },
  {
    ...{ ...read, method: "get", path: `${files}/:id/content` },
    summary: "The content of a file",
    handle: file("handleReadFile"),
  },
  {
    ...read,
    method: "delete",
    path: `${files}/:id`,
    summary: "Remove a file",
    handle: file("handleRemoveFile"),
  },
];
