/** Where answers came from and why, calibrated bars, and what upstreams cost. */
export type RouteTables = Readonly<Record<never, never>>;
