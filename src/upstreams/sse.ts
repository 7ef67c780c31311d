import { AppError } from "../base/index.ts";

/** One event of a stream of server-sent events. */
export type Frame = {
  readonly event?: string;
  readonly data: string;
};

export type FrameParser = {
  /** Events that are whole with these bytes. Throws AppError upstream_failed for one that is longer than the limit. */
  push(bytes: Uint8Array): readonly Frame[];
};

export type FrameLimits = {
  /** Of a line, and of the data of an event. */
  readonly maxCharacters: number;
};

/** Parses server-sent events however their bytes are cut; an event without its blank line at the end is none. */
export function createFrameParser({ maxCharacters }: FrameLimits): FrameParser {
  const decoder = new TextDecoder();
  /** Parts of the line that has not ended. */
  let parts: string[] = [];
  let partCharacters = 0;
  /** Whether the last character was a CR, whose LF is part of the same line end. */
  let isAfterCr = false;
  let event: string | undefined;
  let data: string[] = [];
  let dataCharacters = 0;

  function count(characters: number): void {
    if (characters <= maxCharacters) return;
    const message = `sent an event of more than ${maxCharacters} characters`;
    throw new AppError("upstream_failed", message);
  }
  function takeLine(rest: string): string {
    count(partCharacters + rest.length);
    const line = parts.length === 0 ? rest : parts.join("") + rest;
    parts = [];
    partCharacters = 0;
    return line;
  }
  function takeFrame(): Frame | undefined {
    const frame =
      data.length === 0 ? undefined : { ...(event !== undefined && { event }), data: data.join("\n") };
    event = undefined;
    data = [];
    dataCharacters = 0;
    return frame;
  }
  function readLine(line: string): Frame | undefined {
    if (line === "") return takeFrame();
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "event") event = value;
    if (name !== "data") return undefined;
    dataCharacters += value.length + 1;
    count(dataCharacters - 1);
    data.push(value);
    return undefined;
  }
  return {
    push(bytes) {
      const text = decoder.decode(bytes, { stream: true });
      const frames: Frame[] = [];
      let from = 0;
      if (isAfterCr && text !== "") {
        isAfterCr = false;
        if (text[0] === "\n") from = 1;
      }
      const lineEnd = /\r\n|\n|\r/g;
      lineEnd.lastIndex = from;
      for (let end = lineEnd.exec(text); end; end = lineEnd.exec(text)) {
        const frame = readLine(takeLine(text.slice(from, end.index)));
        if (frame) frames.push(frame);
        from = lineEnd.lastIndex;
        isAfterCr = end[0] === "\r" && from === text.length;
      }
      if (from < text.length) {
        parts.push(text.slice(from));
        partCharacters += text.length - from;
        count(partCharacters);
      }
      return frames;
    },
  };
}
