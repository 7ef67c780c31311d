import type { Generated } from "kysely";

/** Where an answer came from, and why. */
export type RouteReceiptTable = {
  /** Grows with every row, whatever the clock does. */
  readonly position: Generated<number>;
  /** The id of the answer, as its client sees it. */
  readonly id: string;
  /** Whose it is: one value an API key. */
  readonly tenant: string;
  /** `local`, `remote` or `cache`. */
  readonly kind: string;
  readonly rule: string;
  /** JSON; written and read by `coordinator/routing`. */
  readonly receipt: string;
  readonly created_at_ms: number;
};

/** What a call of an upstream has cost. */
export type UpstreamSpendTable = {
  readonly id: Generated<number>;
  readonly tenant: string;
  /** `MODEL@UPSTREAM`. */
  readonly model: string;
  readonly usd: number;
  readonly at_ms: number;
};

/** How sure a local model has to be for its answer to stay. */
export type RouteBarTable = {
  readonly model_digest: string;
  readonly model: string;
  readonly bar: number;
  /** JSON: what was wanted, and the curve that it was chosen from. */
  readonly report: string;
  readonly created_at_ms: number;
};

/** Where answers came from and why, calibrated bars, and what upstreams cost. */
export type RouteTables = {
  readonly route_receipt: RouteReceiptTable;
  readonly upstream_spend: UpstreamSpendTable;
  readonly route_bar: RouteBarTable;
};
