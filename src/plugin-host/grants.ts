/** What an administrator has allowed a plugin. What is absent is not allowed. */
export type Grants = {
  /** As in the manifest: `api.example.com`, `*.example.com`, `localhost:8080`. */
  readonly http?: {
    readonly hosts: readonly string[];
    /** Config keys whose values are addresses: their hosts are granted too. */
    readonly hostsFrom?: readonly string[];
  };
  readonly config?: { readonly keys: readonly string[] };
  readonly kv?: { readonly bytes?: number };
  readonly embed?: true;
  readonly generate?: true;
  readonly sql?: { readonly connections: readonly string[] };
  /** Operations of a connector that change something. */
  readonly write?: true;
  /** Private, loopback and link-local addresses may be reached, on the granted hosts alone. */
  readonly privateNetwork?: true;
};
