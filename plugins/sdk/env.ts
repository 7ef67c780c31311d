// The functions that the host offers. Blocks are addressed by i64 offsets of the host's memory; 0 is none.
// Whatever a module does not call is not imported by it.

// @ts-expect-error: decorator
@external("extism:host/env", "input_length")
export declare function inputLength(): i64;
// @ts-expect-error: decorator
@external("extism:host/env", "input_load_u8")
export declare function inputLoadU8(offset: i64): u32;
// @ts-expect-error: decorator
@external("extism:host/env", "input_load_u64")
export declare function inputLoadU64(offset: i64): u64;
// @ts-expect-error: decorator
@external("extism:host/env", "output_set")
export declare function outputSet(block: i64, length: i64): void;
// @ts-expect-error: decorator
@external("extism:host/env", "error_set")
export declare function errorSet(block: i64): void;

// @ts-expect-error: decorator
@external("extism:host/env", "alloc")
export declare function alloc(length: i64): i64;
// @ts-expect-error: decorator
@external("extism:host/env", "free")
export declare function free(block: i64): void;
// @ts-expect-error: decorator
@external("extism:host/env", "length")
export declare function lengthOf(block: i64): i64;
// @ts-expect-error: decorator
@external("extism:host/env", "load_u8")
export declare function loadU8(offset: i64): u32;
// @ts-expect-error: decorator
@external("extism:host/env", "load_u64")
export declare function loadU64(offset: i64): u64;
// @ts-expect-error: decorator
@external("extism:host/env", "store_u8")
export declare function storeU8(offset: i64, value: u32): void;
// @ts-expect-error: decorator
@external("extism:host/env", "store_u64")
export declare function storeU64(offset: i64, value: u64): void;

// @ts-expect-error: decorator
@external("extism:host/env", "config_get")
export declare function configGet(key: i64): i64;
// @ts-expect-error: decorator
@external("extism:host/env", "var_get")
export declare function varGet(key: i64): i64;
// @ts-expect-error: decorator
@external("extism:host/env", "var_set")
export declare function varSet(key: i64, value: i64): void;

// @ts-expect-error: decorator
@external("extism:host/env", "log_trace")
export declare function logTrace(text: i64): void;
// @ts-expect-error: decorator
@external("extism:host/env", "log_debug")
export declare function logDebug(text: i64): void;
// @ts-expect-error: decorator
@external("extism:host/env", "log_info")
export declare function logInfo(text: i64): void;
// @ts-expect-error: decorator
@external("extism:host/env", "log_warn")
export declare function logWarn(text: i64): void;
// @ts-expect-error: decorator
@external("extism:host/env", "log_error")
export declare function logError(text: i64): void;

// @ts-expect-error: decorator
@external("extism:host/env", "http_request")
export declare function httpRequest(request: i64, body: i64): i64;
// @ts-expect-error: decorator
@external("extism:host/env", "http_status_code")
export declare function httpStatusCode(): i32;
// @ts-expect-error: decorator
@external("extism:host/env", "http_headers")
export declare function httpHeaders(): i64;

// @ts-expect-error: decorator
@external("extism:host/user", "kv_get")
export declare function kvGet(key: i64): i64;
// @ts-expect-error: decorator
@external("extism:host/user", "kv_set")
export declare function kvSet(key: i64, value: i64): void;
// @ts-expect-error: decorator
@external("extism:host/user", "kv_delete")
export declare function kvDelete(key: i64): void;
// @ts-expect-error: decorator
@external("extism:host/user", "kv_list")
export declare function kvList(prefix: i64): i64;
// @ts-expect-error: decorator
@external("extism:host/user", "generate")
export declare function generate(request: i64): i64;
// @ts-expect-error: decorator
@external("extism:host/user", "embed")
export declare function embed(request: i64): i64;
// @ts-expect-error: decorator
@external("extism:host/user", "sql")
export declare function sql(request: i64): i64;
