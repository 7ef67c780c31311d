import { expect, test } from "bun:test";
import { chunksOf, readText } from "./chunks.fixture.ts";

const paragraph = `${"Words that explain this part. ".repeat(20)}`.trim();
const page = `---
title: ignored here
---

# Guide

${paragraph}

## Install

${paragraph}

### Linux

${paragraph}

\`\`\`sh
# no heading
make install
\`\`\`

Uninstall
---------

${paragraph}
`;

test("sections stay together where they fit, and begin chunks", async () => {
  const chunks = await chunksOf("guide.md", page);
  expect(chunks.map(({ text }) => text.split("\n", 1)[0])).toEqual(["---", "## Install", "Uninstall"]);
  expect(chunks[1]?.text).toContain("# no heading\nmake install");
});

test("headings are known with their lines and the sections that they stand in", async () => {
  const read = await readText("guide.md", page);
  expect(read).toMatchObject({
    attributes: {
      ...{ language: "markdown", category: "documentation", purpose: "Guide" },
      headings: [
        { line: 5, path: "Guide" },
        { line: 9, path: "Guide > Install" },
        { line: 13, path: "Guide > Install > Linux" },
        { line: 22, path: "Guide > Uninstall" },
      ],
    },
  });
});

test("a section that is too long is cut between its blocks, and a code block only where it must be", async () => {
  const block = `\`\`\`ts\n${Array.from({ length: 20 }, (_, index) => `const value${index} = ${index};\n`).join("\n")}\`\`\``;
  const text = `# Long\n\n${Array.from({ length: 6 }, () => `${paragraph}\n\n${block}`).join("\n\n")}\n`;
  const chunks = await chunksOf("long.md", text);
  expect(chunks.length).toBeGreaterThanOrEqual(5);
  const whole = chunks.filter((chunk) => chunk.text.split("```").length % 2 === 1);
  expect(whole).toHaveLength(chunks.length);
});
