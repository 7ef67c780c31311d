import { z } from "zod";
import { AppError } from "../../base/index.ts";
import { isLoopback } from "../../config/index.ts";
import type { Timing } from "./backoff.ts";
import { fetchDocument } from "./fetch-document.ts";
import type { Answer, Credential, HttpClient } from "./http-client.ts";
import { maxTokenBytes } from "./limits.ts";

/** Requests to one registry, with the anonymous token that it may ask for. */
export type RegistrySession = {
  get(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer>;
};

type Challenge = { readonly realm: URL; readonly service: string; readonly scope: string };

const maxTokenChars = 16_384;
const tokenAnswer = z.object({
  token: z.string().max(maxTokenChars).optional(),
  access_token: z.string().max(maxTokenChars).optional(),
});

export function createRegistrySession(base: URL, client: HttpClient, timing: Timing): RegistrySession {
  let credential: Credential | undefined;

  async function authorize(challenge: Challenge, signal: AbortSignal): Promise<Credential> {
    const { realm, service, scope } = challenge;
    if (service !== "") realm.searchParams.set("service", service);
    if (scope !== "") realm.searchParams.set("scope", scope);
    const { content } = await fetchDocument(
      {
        label: `a token of ${realm.host}`,
        maxBytes: maxTokenBytes,
        get: (attempt) => client.get(realm, { signal: attempt }),
        explain: () => undefined,
      },
      timing,
      signal,
    );
    const answer = tokenAnswer.safeParse(content).data;
    const token = answer?.token ?? answer?.access_token;
    if (!token || !/^[\x21-\x7e]+$/.test(token)) {
      throw new AppError("download_failed", `${realm.host} gives no token for ${base.host}; try again later`);
    }
    return { origin: base.origin, authorization: `Bearer ${token}` };
  }

  return {
    async get(path, headers, signal) {
      const url = new URL(path, base);
      const sentWith = credential;
      const answer = await client.get(url, { headers, credential: sentWith, signal });
      const challenge = readChallenge(answer, base);
      if (!challenge) return answer;
      await answer.response.body?.cancel().catch(() => undefined);
      if (credential === sentWith) credential = await authorize(challenge, signal);
      return client.get(url, { headers, credential, signal });
    },
  };
}

/** The bearer challenge of a 401 that the registry itself gave. */
function readChallenge({ response, isRedirected }: Answer, base: URL): Challenge | undefined {
  if (response.status !== 401 || isRedirected) return undefined;
  const header = response.headers.get("www-authenticate") ?? "";
  if (!/^bearer\s/i.test(header)) return undefined;
  const value = (name: string) => new RegExp(`[\\s,]${name}="([^"]{0,2048})"`, "i").exec(header)?.[1] ?? "";
  const realm = URL.parse(value("realm"));
  if (!realm || !mayAsk(base, realm)) return undefined;
  return { realm, service: value("service"), scope: value("scope") };
}

/** Whoever the registry is, it cannot make Hearth send requests to plain services of this machine or its network. */
function mayAsk(base: URL, realm: URL): boolean {
  if (realm.protocol === "https:") return true;
  if (base.protocol !== "http:" || realm.protocol !== "http:") return false;
  return realm.hostname === base.hostname || (isLoopback(base.hostname) && isLoopback(realm.hostname));
}
