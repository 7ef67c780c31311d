import { expect, test } from "bun:test";
import { AppError, type ErrorCode, errorTable } from "../../base/index.ts";
import { toErrorResponse } from "./errors.ts";

const codes = Object.keys(errorTable) as ErrorCode[];

test.each(codes)("%s is one text, with the status of the table", async (code) => {
  const response = toErrorResponse(new AppError(code, "What happened."));
  expect(response.status).toBe(code === "generation_timeout" ? 500 : errorTable[code].status);
  const body = JSON.parse(await response.text());
  expect(Object.keys(body)).toEqual(["error"]);
  expect(body.error).toEqual(code === "server_error" ? expect.stringContaining("log") : "What happened.");
});

test("clients are told to wait where that helps, and not to try again where it cannot", () => {
  const advice = (code: ErrorCode) => {
    const { headers } = toErrorResponse(new AppError(code, "x"));
    return [headers.get("retry-after"), headers.get("x-should-retry")];
  };
  expect(advice("queue_full")).toEqual(["1", null]);
  expect(advice("model_loading")).toEqual(["1", null]);
  expect(advice("generation_timeout")).toEqual([null, "false"]);
  expect(advice("model_too_large")).toEqual([null, "false"]);
  expect(advice("invalid_request")).toEqual([null, null]);
});
