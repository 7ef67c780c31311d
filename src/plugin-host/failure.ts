/**
 * Why a call of a plugin gave no value. Failures are values for whoever called, never crashes, and each class of
 * misbehaviour has a code of its own. A `strike` is a broken limit: two within ten minutes quarantine the plugin.
 */
export type FailureCode = keyof typeof failureTable;

type FailureRow = {
  readonly meaning: string;
  /** Only what is the plugin's own is remembered of it. */
  readonly fault: "plugin" | "caller" | "host";
  /** Whether it counts towards quarantine. */
  readonly strike: boolean;
};

function row(meaning: string, { fault = "plugin", strike = false }: Partial<FailureRow> = {}): FailureRow {
  return { meaning, fault, strike };
}

const strike = { strike: true } as const;
const caller = { fault: "caller" } as const;
const host = { fault: "host" } as const;

export const failureTable = {
  plugin_not_found: row("no plugin has this name", caller),
  plugin_disabled: row("an administrator has switched it off, or it was never added", caller),
  plugin_quarantined: row("it broke its limits twice within ten minutes", caller),
  plugin_changed: row("its file is not the one that was added"),
  plugin_unsigned: row("signatures are required and it has none of a trusted key", caller),
  signature_invalid: row("its signature does not fit the file"),
  plugin_busy: row("too many calls of plugins wait already", host),
  plugin_cancelled: row("the caller went away", caller),
  plugin_not_implemented: row("it has no export of this name", caller),
  plugin_error: row("the plugin itself reported an error"),
  plugin_host_died: row("its process ended for a reason that is not the plugin's", host),
  crash: row("its process died while it had the thread", strike),

  module_invalid: row("the file is no WebAssembly module, or a damaged one"),
  module_component: row("the file is a component and not a module"),
  module_too_large: row("the file, or a part of it, is larger than allowed"),
  module_unsupported: row("it uses a feature of WebAssembly that plugins may not use"),
  import_unknown: row("it imports something that the host does not offer"),
  build_failed: row("its sources could not be compiled"),
  manifest_missing: row("the module has no manifest"),
  manifest_invalid: row("the manifest does not fit its schema"),
  contract_unsupported: row("it was written for another version of the contract"),

  timeout: row("it took longer than a call may", strike),
  memory_limit: row("it wanted more memory than it may have", strike),
  table_limit: row("it wanted a larger table than it may have", strike),
  stack_overflow: row("it recursed without end", strike),
  trap: row("it ran into a trap, such as unreachable or a division by zero"),
  exit: row("it ended itself through WASI"),
  bad_pointer: row("it gave the host an address outside its memory", strike),

  input_too_large: row("the input of the call is larger than allowed", caller),
  input_invalid: row("the input does not fit the contract", caller),
  output_missing: row("it returned without an output"),
  output_too_large: row("its output is larger than allowed", strike),
  output_not_utf8: row("its output is not UTF-8"),
  output_not_json: row("its output is not JSON, or nested too deep"),
  output_invalid: row("its output does not fit the contract"),

  log_limit: row("it logged more than it may", strike),
  var_limit: row("it kept more in variables than it may", strike),
  not_granted: row("it used what it was not granted"),
  kv_limit: row("it stored more than it may", strike),
  call_limit: row("it made more calls of the host than it may", strike),
  depth_limit: row("plugins and models called each other too deep", caller),
  reach_refused: row(
    "it may reach other machines, and what it was to be given must stay on this one",
    caller,
  ),
  generate_failed: row("the model it asked gave no answer"),
  host_failed: row("the host could not do what it asked for", host),

  http_invalid: row("its request is malformed, or has headers that it may not set"),
  http_host_not_granted: row("its grant does not name this host and port"),
  http_address_blocked: row("the host resolves to an address that plugins may not reach"),
  http_scheme: row("only http and https are possible"),
  http_redirects: row("more redirects than allowed"),
  http_too_large: row("the request or the answer is larger than allowed", strike),
  http_timeout: row("the server did not answer in time"),
  http_failed: row("the server could not be reached, or broke off"),
  http_circuit_open: row(
    "the server did not answer three times in a row and is left alone for half a minute",
  ),
} as const satisfies Readonly<Record<string, FailureRow>>;

export type Failure = { readonly code: FailureCode; readonly message: string };

/** A failure on its way up through code that can throw. */
export class PluginFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "PluginFailure";
    this.code = code;
  }

  toRecord(): Failure {
    return { code: this.code, message: this.message };
  }
}
