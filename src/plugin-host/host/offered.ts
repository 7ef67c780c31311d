/** What guests may import, by module; a module that imports anything else is refused before it is compiled. */
import { guestExtismModule, guestWasiModule } from "../wasm/reserved-names.ts";
import { wasiFunctionNames } from "./wasi.ts";

const extismNames = [
  ...["alloc", "free", "length", "length_unsafe", "load_u8", "load_u64", "store_u8", "store_u64"],
  ...[
    "input_offset",
    "input_length",
    "input_load_u8",
    "input_load_u64",
    "output_set",
    "error_set",
    "error_get",
  ],
  ...["config_get", "var_get", "var_set", "http_request", "http_status_code", "http_headers"],
  ...["log_trace", "log_debug", "log_info", "log_warn", "log_error", "get_log_level"],
];
const userNames = ["kv_get", "kv_set", "kv_delete", "kv_list", "generate", "embed", "sql"];

export const userModule = "extism:host/user";

export const offeredImports: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [guestExtismModule, new Set(extismNames)],
  [userModule, new Set(userNames)],
  [guestWasiModule, wasiFunctionNames],
]);
