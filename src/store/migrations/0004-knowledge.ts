import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Collections, their documents, pieces of them and the words in those. */
export const knowledge: Migration = {
  async up(db: Kysely<unknown>) {
    await createCollections(db);
    await createDocuments(db);
    await createChunks(db);
    await addCollections(db);
  },
};

async function createCollections(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("collection")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("name", "text", (column) => column.notNull().unique())
    .addColumn("description", "text", (column) => column.notNull())
    .addColumn("label", "text", (column) => column.notNull())
    .addColumn("embedding_model", "text")
    .addColumn("takes_configured_model", "integer", (column) => column.notNull())
    .addColumn("vector_set_id", "integer")
    .addColumn("documents", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("chunks", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("next_number", "bigint", (column) => column.notNull().defaultTo(1))
    .addColumn("revision", "bigint", (column) => column.notNull().defaultTo(1))
    .addColumn("removed", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("changed_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("vector_set")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("collection_id", "integer", (column) => column.notNull())
    .addColumn("model", "text", (column) => column.notNull())
    .addColumn("model_mark", "text", (column) => column.notNull())
    .addColumn("dimension", "integer")
    .addColumn("centre", "blob")
    .addColumn("vectors", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("state", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("vector_set_collection")
    .on("vector_set")
    .columns(["collection_id", "state"])
    .execute();
}

async function createDocuments(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("document")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("public_id", "text", (column) => column.notNull().unique())
    .addColumn("collection_id", "integer", (column) => column.notNull())
    .addColumn("root", "text", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("content_hash", "text", (column) => column.notNull())
    .addColumn("attributes", "text", (column) => column.notNull())
    .addColumn("first_number", "bigint", (column) => column.notNull())
    .addColumn("chunks", "integer", (column) => column.notNull())
    .addColumn("added_at_ms", "bigint", (column) => column.notNull())
    .addColumn("changed_at_ms", "bigint", (column) => column.notNull())
    .addUniqueConstraint("document_source", ["collection_id", "root", "source"])
    .execute();
  await db.schema
    .createIndex("document_collection")
    .on("document")
    .columns(["collection_id", "id", "first_number", "chunks"])
    .execute();
  await db.schema
    .createTable("document_attribute")
    .addColumn("collection_id", "integer", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("value", "blob", (column) => column.notNull())
    .addColumn("document_id", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("document_attribute_key", ["collection_id", "name", "value", "document_id"])
    .modifyEnd(sql`without rowid`)
    .execute();
  await db.schema
    .createIndex("document_attribute_document")
    .on("document_attribute")
    .columns(["document_id", "name"])
    .execute();
}

async function createChunks(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("chunk")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("document_id", "integer", (column) => column.notNull())
    .addColumn("start_line", "integer", (column) => column.notNull())
    .addColumn("end_line", "integer", (column) => column.notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("chunk_vector")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("vector", "blob", (column) => column.notNull())
    .execute();
  await sql`create virtual table chunk_words using fts5(
    text, parts, source,
    content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
  )`.execute(db);
  // Else deleting a tenth of a large index has it merged anew in one commit, which takes seconds.
  await sql`insert into chunk_words (chunk_words, rank) values ('deletemerge', 0)`.execute(db);
}

const firstCollections: Readonly<Record<string, string>> = {
  "codebase-context": "Code, and what is written about it",
  "skills-patterns": "How problems were solved before",
  "error-solutions": "Errors, and what helped against them",
  "interaction-history": "Questions, answers and how they turned out",
  "best-practices": "Advice on how to do things well",
};

async function addCollections(db: Kysely<unknown>): Promise<void> {
  for (const [name, description] of Object.entries(firstCollections)) {
    await sql`insert into collection (name, description, label, takes_configured_model, created_at_ms, changed_at_ms)
      values (${name}, ${description}, 'any', 1, unixepoch() * 1000, unixepoch() * 1000)`.execute(db);
  }
}
