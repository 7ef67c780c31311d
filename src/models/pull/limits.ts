import type { RetryPreset } from "../../resilience/index.ts";

const kib = 1024;
const mib = 1024 * kib;

/** Connections that fetch one blob. */
export const connectionsPerBlob = 6;
/** Connections of all pulls of this process. */
export const maxConnections = 16;
/** What one request asks for. */
export const pieceBytes = 32 * mib;
/** What may be lost to a power cut: after so many new bytes, all is synced. */
export const checkpointBytes = 128 * mib;

export const maxRedirects = 5;
/** Tries in a row that bring no byte, and the pauses between them. */
export const pullRetries = { attempts: 6, baseMs: 250, maxMs: 20_000 } as const satisfies RetryPreset;
/** Where nobody has answered yet. */
export const maxUnansweredAttempts = 3;
/** A server that asks for a longer pause is not waited for. */
export const maxRetryAfterMs = 120_000;
/** A request on which nothing arrives for so long is sent again. */
export const stallMs = 30_000;

export const maxManifestBytes = 4 * mib;
export const maxListingPageBytes = 8 * mib;
export const maxListingPages = 32;
export const maxTokenBytes = 64 * kib;
export const maxFiles = 1024;
/** Templates, parameters, licences and the like. */
export const maxTextBytes = 4 * mib;
export const maxBlobBytes = 2 ** 44;

/** Left free on the disk beside what a pull needs. */
export const diskReserveBytes = 64 * mib;
/** Pause between two progress events of a blob. */
export const progressIntervalMs = 100;
/** Statuses that wait for a consumer; the oldest make room. */
export const maxWaitingStatuses = 64;
/** Times that a blob is fetched anew after its bytes turned out wrong or changed at the source. */
export const maxFreshStarts = 1;
/** When a pull says that it waits for another process. */
export const waitNoticeMs = 1000;
