/** What a template is once parsed. Positions are offsets into its text. */
export type Operand =
  | { readonly type: "dot"; readonly position: number }
  | { readonly type: "nil"; readonly position: number }
  | {
      readonly type: "constant";
      readonly position: number;
      readonly value: string | boolean | number | bigint;
    }
  | { readonly type: "field"; readonly position: number; readonly names: readonly string[] }
  /** `$`, `$name`, or `$name.Field.Field`. */
  | {
      readonly type: "variable";
      readonly position: number;
      readonly name: string;
      readonly names: readonly string[];
    }
  | { readonly type: "function"; readonly position: number; readonly name: string }
  /** `(pipeline).Field.Field`. */
  | {
      readonly type: "chain";
      readonly position: number;
      readonly operand: Operand;
      readonly names: readonly string[];
    }
  | { readonly type: "pipeline"; readonly position: number; readonly pipeline: Pipeline };

export type Command = { readonly position: number; readonly operands: readonly Operand[] };

export type Pipeline = {
  readonly position: number;
  /** `$x :=`, `$i, $x :=`, or `$x =`. */
  readonly variables: readonly string[];
  readonly isAssignment: boolean;
  readonly commands: readonly Command[];
};

export type BranchNode = {
  readonly type: "if" | "with" | "range";
  readonly position: number;
  readonly pipeline: Pipeline;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
};

export type Node =
  | { readonly type: "text"; readonly position: number; readonly text: string }
  | { readonly type: "action"; readonly position: number; readonly pipeline: Pipeline }
  | BranchNode
  | {
      readonly type: "call";
      readonly position: number;
      readonly name: string;
      readonly pipeline: Pipeline | undefined;
    }
  | { readonly type: "break"; readonly position: number }
  | { readonly type: "continue"; readonly position: number };

export type Template = {
  readonly source: string;
  readonly root: readonly Node[];
  /** Bodies of `define` and `block`. */
  readonly defined: ReadonlyMap<string, readonly Node[]>;
};
