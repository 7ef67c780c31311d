import * as env from "./env";
import { jsonBlock, takeJson } from "./host";
import { Json } from "./json";

export class Generated {
  constructor(
    public text: string,
    public promptTokens: i32,
    public completionTokens: i32,
    public finishReason: string,
  ) {}
}

/** What a model is asked. What is left as it is, is up to the model. */
export class GenerateRequest {
  system: string | null = null;
  /** 0: as many as the limit allows. */
  maxTokens: i32 = 0;
  temperature: f64 = NaN;
  /** JSON Schema that the answer is to fit. */
  schema: Json | null = null;
  seed: i32 = -1;
  stop: string[] = [];
  /** [{role, content}], in the place of the prompt. */
  messages: Json | null = null;

  /** An empty name of a model is the server's first one. */
  constructor(
    public model: string,
    public prompt: string = "",
  ) {}

  toJson(): Json {
    const json = Json.object();
    if (this.model.length > 0) json.set("model", this.model);
    const messages = this.messages;
    if (messages) json.set("messages", messages);
    else json.set("prompt", this.prompt);
    const system = this.system;
    if (system) json.set("system", system);
    if (this.maxTokens > 0) json.set("maxTokens", this.maxTokens);
    if (!isNaN(this.temperature)) json.set("temperature", this.temperature);
    const schema = this.schema;
    if (schema) json.set("schema", schema);
    if (this.seed >= 0) json.set("seed", this.seed);
    if (this.stop.length > 0) json.set("stop", this.stop);
    return json;
  }
}

/** Asks a model. Needs the permission `generate`. */
export function generate(request: GenerateRequest): Generated {
  const json = takeJson(env.generate(jsonBlock(request.toJson())));
  return new Generated(
    json.get("text").asString(),
    json.get("promptTokens").asInteger(),
    json.get("completionTokens").asInteger(),
    json.get("finishReason").asString(),
  );
}

/** A vector for each text. Needs the permission `embed`. */
export function embed(model: string, texts: string[]): f64[][] {
  const json = takeJson(env.embed(jsonBlock(Json.object().set("model", model).set("texts", texts))));
  const rows = json.get("vectors");
  const vectors: f64[][] = [];
  for (let i = 0; i < rows.length; i++) {
    const row = rows.at(i);
    const vector = new Array<f64>(row.length);
    for (let j = 0; j < row.length; j++) vector[j] = row.at(j).asNumber();
    vectors.push(vector);
  }
  return vectors;
}

/** Reads from a database. Needs the permission `sql` with the connection. */
export function sql(connection: string, query: string, parameters: Json = Json.array()): Json {
  const request = Json.object()
    .set("connection", connection)
    .set("query", query)
    .set("parameters", parameters);
  return takeJson(env.sql(jsonBlock(request)));
}
