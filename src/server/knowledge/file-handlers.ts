import { AppError } from "../../base/index.ts";
import { maxBodyBytes, maxNameCharacters } from "../limits.ts";
import { readPage } from "../page.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { readPathName } from "../path-name.ts";
import type { AppContext } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";
import { toFileBody, toListBody } from "./vector-store-answer.ts";

export async function handleUploadFile(context: AppContext, deps: RouteDeps): Promise<Response> {
  const form = await readForm(context.req.raw);
  const file = form.get("file");
  const purpose = form.get("purpose");
  // Whatever its type says, a part whose file name is empty has none.
  if (!(file instanceof File) || !file.name)
    throw invalidParameter(
      "file",
      "file: the form holds no file under this name, or one without a file name.",
    );
  if (typeof purpose !== "string" || purpose === "" || purpose.length > maxNameCharacters) {
    throw invalidParameter("purpose", 'purpose: expected what the file is for, such as "assistants".');
  }
  const { files } = await deps.knowledge();
  const content = await file.bytes();
  const filename = file.name.slice(-maxNameCharacters);
  const added = await files.add(context.get("scope").tenant, { filename, purpose, content });
  return context.json(toFileBody(added));
}

export async function handleListFiles(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { limit, after } = readPage(context);
  const { files } = await deps.knowledge();
  const page = { limit: limit + 1, ...(after !== undefined && { after }) };
  const listed = await files.list(context.get("scope").tenant, page);
  return context.json(toListBody(listed.map(toFileBody), limit));
}

export async function handleShowFile(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { files } = await deps.knowledge();
  return context.json(toFileBody(await files.get(context.get("scope").tenant, readPathName(context))));
}

/** Never as a page: what somebody uploaded must not run in a browser as if this server had written it. */
export async function handleReadFile(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { files } = await deps.knowledge();
  const content = await files.read(context.get("scope").tenant, readPathName(context));
  const headers = { "content-type": "application/octet-stream", "content-disposition": "attachment" };
  return new Response(content, { headers: { ...headers, "x-content-type-options": "nosniff" } });
}

export async function handleRemoveFile(context: AppContext, deps: RouteDeps): Promise<Response> {
  const id = readPathName(context);
  const { files } = await deps.knowledge();
  await files.remove(context.get("scope").tenant, id);
  return context.json({ id, object: "file", deleted: true });
}

/** A form, read only as far as a body may be long. */
async function readForm(request: Request): Promise<{ get(name: string): unknown }> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^multipart\/form-data\b/i.test(type)) {
    throw new AppError("unsupported_media_type", `The content type "${type}" is not multipart/form-data.`);
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of request.body ?? []) {
    bytes += part.byteLength;
    if (bytes > maxBodyBytes) {
      throw new AppError("body_too_large", `The body is larger than ${maxBodyBytes} bytes.`);
    }
    parts.push(part);
  }
  try {
    return await new Response(Buffer.concat(parts), { headers: { "content-type": type } }).formData();
  } catch (cause) {
    throw new AppError("invalid_request", "The body is no form that can be read.", { cause });
  }
}
