import { expect, test } from "bun:test";
import fc from "fast-check";
import { createMarks } from "./marks.ts";

test("the same value has the same mark, however it is spelled", () => {
  const marks = createMarks([]);
  expect(marks.markOf("card", "4111 1111 1111 1111")).toBe("[CARD_1]");
  expect(marks.markOf("card", "4111-1111-1111-1111")).toBe("[CARD_1]");
  expect(marks.markOf("card", "5500 0000 0000 0004")).toBe("[CARD_2]");
  expect(marks.markOf("email", "A@example.org")).toBe("[EMAIL_1]");
  expect(marks.markOf("email", "a@example.org")).toBe("[EMAIL_1]");
});

test("a part of a name is the name, another with one word of it is not", () => {
  const marks = createMarks([]);
  expect(marks.markOf("name", "Hartley")).toBe("[NAME_1]");
  expect(marks.markOf("name", "Alice Hartley")).toBe("[NAME_1]");
  expect(marks.markOf("name", "ALICE")).toBe("[NAME_1]");
  expect(marks.markOf("name", "Alice Smith")).toBe("[NAME_2]");
});

test("numbers go on behind marks that are in the texts already", () => {
  const marks = createMarks(["ask [NAME_2]", "and [NAME_7], [EMAIL_1]"]);
  expect(marks.markOf("name", "Alice")).toBe("[NAME_8]");
  expect(marks.markOf("phone", "07911 123456")).toBe("[PHONE_1]");
});

test("two values share a mark only where they are spelled alike but for case and separators", () => {
  const digits = fc.string({ unit: fc.constantFrom("0", "1", "2", " ", "-"), minLength: 1, maxLength: 8 });
  const plain = (value: string) => value.replace(/[ -]/g, "");
  fc.assert(
    fc.property(digits, digits, (first, second) => {
      const marks = createMarks([]);
      const isSame = marks.markOf("phone", first) === marks.markOf("phone", second);
      expect(isSame).toBe(plain(first) === plain(second));
    }),
  );
});
