import type { Demand, Lease } from "./demand.ts";

/** A request that waits for its model, first for room and then for the load. */
export type Ticket<Loaded> = {
  readonly id: string;
  readonly demand: Demand;
  readonly askedAtMs: number;
  /** Whether it had to stand in line for room. */
  hasQueued: boolean;
  readonly lease: Promise<Lease<Loaded>>;
  resolve(lease: Lease<Loaded>): void;
  reject(error: unknown): void;
};

/** `onAbort` runs once where the signal aborts before the ticket is settled; the ticket is rejected then. */
export function createTicket<Loaded>(
  request: { readonly id: string; readonly demand: Demand; readonly askedAtMs: number },
  signal: AbortSignal,
  onAbort: (ticket: Ticket<Loaded>) => void,
): Ticket<Loaded> {
  const settle = Promise.withResolvers<Lease<Loaded>>();
  const forget = () => signal.removeEventListener("abort", abort);
  const ticket: Ticket<Loaded> = {
    ...request,
    hasQueued: false,
    lease: settle.promise,
    resolve(lease) {
      forget();
      settle.resolve(lease);
    },
    reject(error) {
      forget();
      settle.reject(error);
    },
  };
  function abort(): void {
    ticket.reject(signal.reason);
    onAbort(ticket);
  }
  signal.addEventListener("abort", abort, { once: true });
  return ticket;
}
