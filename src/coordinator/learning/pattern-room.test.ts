import { expect, test } from "bun:test";
import { createDocument, openKnowledge } from "../../knowledge/knowledge-fixture.ts";
import { signal } from "./learning.fixture.ts";
import { createPatternRoom, patternCollection, toPatternSource } from "./pattern-room.ts";

test("beyond the most patterns the one that was confirmed longest ago goes, also after a restart, and no other document", async () => {
  await using fixture = await openKnowledge();
  const { documents } = fixture.knowledge;
  const open = () => createPatternRoom(async () => fixture.knowledge, { most: 2 });
  const add = async (room: ReturnType<typeof open>, id: string, atMs: number) => {
    const document = createDocument(toPatternSource(id), `pattern ${id}`, { last_updated: atMs });
    await documents.add(patternCollection, [document], signal);
    await room.use(toPatternSource(id));
  };
  const sources = async () =>
    (await documents.list(patternCollection, { limit: 10 })).map(({ source }) => source);
  await documents.add(patternCollection, [createDocument("advice.md", "my own advice")], signal);

  const room = open();
  await room.use("advice.md");
  await add(room, "a", 1);
  await add(room, "b", 2);
  await room.use(toPatternSource("a"));
  await add(room, "c", 4);
  expect(await sources()).toEqual(["advice.md", "pattern:a", "pattern:c"]);

  const stored = await documents.find(patternCollection, { source: "pattern:a" });
  await documents.setAttributes(patternCollection, stored?.id ?? "", { last_updated: 5 });
  await add(open(), "d", 6);
  expect(await sources()).toEqual(["advice.md", "pattern:a", "pattern:d"]);
});
