import { ConnectorOutput, failure, getConfig, HttpRequest, HttpResponse, Json } from "hearth-sdk";
import { badAnswer, toFailure } from "./status";

const publicApi = "https://api.github.com";

/** What GitHub answered: either `failure`, or `json` is worth reading. */
export class Answer {
  failure: ConnectorOutput | null = null;
  json: Json = Json.null();
  /** Whether GitHub says that another page follows. */
  hasNextPage: bool = false;

  static failed(failure: ConnectorOutput): Answer {
    const answer = new Answer();
    answer.failure = failure;
    return answer;
  }
}

/** GitHub's REST API at one address, for one token. */
export class GitHub {
  private constructor(
    private apiUrl: string,
    /** Empty where none was set. */
    readonly token: string,
    private problem: string,
  ) {}

  static connect(): GitHub {
    const token = readSetting("token");
    let apiUrl = readSetting("api_url");
    if (apiUrl == "") apiUrl = publicApi;
    while (apiUrl.endsWith("/")) apiUrl = apiUrl.substring(0, apiUrl.length - 1);
    let problem = "";
    if (!isHeaderText(token)) problem = "the config key token holds a space or a character that no token has";
    if (!isAddress(apiUrl))
      problem = "the config key api_url is no address such as https://github.example.com/api/v3";
    return new GitHub(apiUrl, token, problem);
  }

  get(path: string): Answer {
    return this.ask(this.request("GET", path), 200);
  }

  /** For requests that make something. */
  post(path: string, body: Json): Answer {
    return this.ask(this.request("POST", path).bodyJson(body), 201);
  }

  private request(method: string, path: string): HttpRequest {
    const request = new HttpRequest(method, this.apiUrl + path)
      .header("accept", "application/vnd.github+json")
      .header("x-github-api-version", "2022-11-28");
    return this.token == "" ? request : request.header("authorization", "Bearer " + this.token);
  }

  private ask(request: HttpRequest, expected: i32): Answer {
    if (this.problem != "") return Answer.failed(failure("misconfigured", this.problem));
    const response = request.send();
    const answer = new Answer();
    const json = response.tryJson();
    if (json) answer.json = json;
    if (response.status != expected) {
      answer.failure = toFailure(response.status, response.headers, answer.json);
    } else if (!json) {
      answer.failure = badAnswer("its answer is no JSON");
    }
    answer.hasNextPage = hasNextPage(response);
    return answer;
  }
}

/** The address in the header is not followed, only that there is one: a server must not choose where a token goes. */
function hasNextPage(response: HttpResponse): bool {
  return response.header("link").includes('rel="next"');
}

/** Values of files and variables often end with a line break. */
function readSetting(key: string): string {
  const value = getConfig(key);
  return value ? value.trim() : "";
}

function isHeaderText(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit <= 0x20 || unit > 0x7e) return false;
  }
  return true;
}

/** An http or https URL to which a path can be added. */
function isAddress(text: string): bool {
  const start = text.startsWith("https://") ? 8 : text.startsWith("http://") ? 7 : 0;
  if (start == 0 || text.length == start) return false;
  for (let i = start; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit <= 0x20 || unit > 0x7e) return false;
    // ? # @ \ %
    if (unit == 0x3f || unit == 0x23 || unit == 0x40 || unit == 0x5c || unit == 0x25) return false;
  }
  return true;
}
