import { expect, test } from "bun:test";
import { AppError, type ErrorCode, errorTable } from "../../base/index.ts";
import { toErrorResponse } from "./errors.ts";

const codes = Object.keys(errorTable) as ErrorCode[];

test.each(codes)("%s has the status of the table and a body in OpenAI's shape", async (code) => {
  const response = toErrorResponse(new AppError(code, "What happened."));
  expect(response.status).toBe(errorTable[code].status);
  const { error } = JSON.parse(await response.text());
  expect(Object.keys(error)).toEqual(["message", "type", "param", "code"]);
  expect(error.message).not.toBe("");
});

test("clients are told to wait where that helps, and not to try again where it cannot", () => {
  const advice = (code: ErrorCode) => {
    const { headers } = toErrorResponse(new AppError(code, "x"));
    return [headers.get("retry-after"), headers.get("x-should-retry")];
  };
  expect(advice("queue_full")).toEqual(["1", null]);
  expect(advice("circuit_open")).toEqual(["30", null]);
  expect(advice("shutting_down")).toEqual(["5", null]);
  expect(advice("host_died")).toEqual([null, null]);
  expect(advice("rate_limit_exceeded")).toEqual(["1", null]);
  expect(advice("cost_limit_exceeded")).toEqual([null, "false"]);
  expect(advice("generation_timeout")).toEqual([null, "false"]);
  expect(advice("inference_error")).toEqual([null, "false"]);
  expect(advice("model_load_failed")).toEqual([null, "false"]);
  expect(advice("invalid_request")).toEqual([null, null]);
});

test("codes that OpenAI's clients look for are spelt as they know them", async () => {
  const codeOf = async (code: ErrorCode) =>
    JSON.parse(await toErrorResponse(new AppError(code, "x")).text()).error.code;
  expect(await codeOf("context_limit_exceeded")).toBe("context_length_exceeded");
  expect(await codeOf("unauthorized")).toBe("invalid_api_key");
  expect(await codeOf("rate_limit_exceeded")).toBe("rate_limit_exceeded");
  expect(await codeOf("model_not_found")).toBe("model_not_found");
  expect(await codeOf("invalid_request")).toBeNull();
});
