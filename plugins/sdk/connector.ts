import { ConnectorInput } from "./generated/connector-input";
import { ConnectorError, ConnectorOutput } from "./generated/connector-output";
import { HealthOutput } from "./generated/health-output";
import { readJson, writeJson } from "./host";
import { Json } from "./json";

/** The result of an operation; takes what `Json.from` takes. */
export function data<T>(value: T): ConnectorOutput {
  const output = new ConnectorOutput();
  output.data = Json.from<T>(value);
  return output;
}

/** What went wrong on the other side: not_found, unauthorized, rate_limited, unavailable and the like. */
export function failure(code: string, message: string, transient: bool = false): ConnectorOutput {
  const error = new ConnectorError();
  error.code = code;
  error.message = message;
  error.transient = transient;
  const output = new ConnectorOutput();
  output.error = error;
  return output;
}

/** The body of `execute`. Functions cannot see variables around them. */
export function runConnector(execute: (input: ConnectorInput) => ConnectorOutput): i32 {
  writeJson(execute(ConnectorInput.from(readJson())).toJson());
  return 0;
}

export function healthy(message: string = ""): HealthOutput {
  return makeHealth(true, message);
}

export function unhealthy(message: string): HealthOutput {
  return makeHealth(false, message);
}

function makeHealth(ok: bool, message: string): HealthOutput {
  const output = new HealthOutput();
  output.ok = ok;
  output.message = message;
  return output;
}

/** The body of `health`. */
export function runHealth(check: () => HealthOutput): i32 {
  writeJson(check().toJson());
  return 0;
}
