import * as env from "./env";
import { bytesBlock, bytesOf, jsonBlock, takeBytes, takeJson, textOf } from "./host";
import { Json } from "./json";

/**
 * One HTTP request: `new HttpRequest("GET", url).header("accept", "application/json").send()`. Needs the permission
 * `http` with the host. A server that answers with 404 or 500 has answered: look at `status`. One that cannot be
 * reached, or a host that was not granted, ends the call.
 */
export class HttpRequest {
  private headers: Json = Json.object();
  private content: ArrayBuffer | null = null;

  constructor(
    public method: string,
    public url: string,
  ) {}

  header(name: string, value: string): this {
    this.headers.set(name, value);
    return this;
  }

  body(text: string): this {
    this.content = bytesOf(text);
    return this;
  }

  bodyBytes(bytes: ArrayBuffer): this {
    this.content = bytes;
    return this;
  }

  bodyJson(json: Json): this {
    this.content = json.toBytes();
    return this.header("content-type", "application/json");
  }

  send(): HttpResponse {
    const request = Json.object()
      .set("method", this.method)
      .set("url", this.url)
      .set("headers", this.headers);
    const content = this.content;
    const answer = env.httpRequest(jsonBlock(request), content ? bytesBlock(content) : 0);
    const bytes = takeBytes(answer);
    const status = env.httpStatusCode();
    return new HttpResponse(status, takeJson(env.httpHeaders()), bytes ? bytes : new ArrayBuffer(0));
  }
}

export class HttpResponse {
  constructor(
    public status: i32,
    /** Names in lower case. */
    public headers: Json,
    public bytes: ArrayBuffer,
  ) {}

  get ok(): bool {
    return this.status >= 200 && this.status < 300;
  }

  header(name: string): string {
    return this.headers.get(name).asString();
  }

  text(): string {
    return textOf(this.bytes);
  }

  /** A body that is no JSON ends the call; `tryJson` gives null for it. */
  json(): Json {
    return Json.parseBytes(this.bytes);
  }

  tryJson(): Json | null {
    return Json.tryParseBytes(this.bytes);
  }
}
