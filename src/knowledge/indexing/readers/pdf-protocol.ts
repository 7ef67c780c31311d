/** What the process that reads PDF files is told, and what it says. */
export type ToReader = {
  readonly type: "read";
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly maxPages: number;
};

export type FromReader =
  | { readonly type: "ready" }
  | { readonly type: "page"; readonly id: number; readonly page: number; readonly text: string }
  | { readonly type: "end"; readonly id: number; readonly pages: number; readonly title: string }
  | {
      readonly type: "failed";
      readonly id: number;
      readonly reason: "too_large" | "unreadable";
      readonly detail: string;
    };
