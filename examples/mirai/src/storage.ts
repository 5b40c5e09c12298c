// Where the records are: files of JSON, or tables of a local PostgreSQL. Which one is a setting; the service does not know.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Article, isArticle } from './articles.ts'
import type { Config } from './config.ts'
import { Postgres, readWhere } from './postgres.ts'
import { type Records, Store } from './store.ts'
import { articlesTable, Table, usersTable } from './table.ts'
import { isUser, type User } from './users.ts'

export interface Storage {
  readonly users: Records<User>
  readonly articles: Records<Article>
  /** Makes what is missing: before anything else. */
  prepare(): Promise<void>
  close(): void
}

const MIGRATIONS = join(import.meta.dirname, '../db/migrations')

export function openStorage(config: Config): Storage {
  mkdirSync(config.dataDirectory, { recursive: true })
  if (config.storage === 'json')
    return {
      users: new Store(config.dataDirectory, 'users.json', isUser),
      articles: new Store(config.dataDirectory, 'articles.json', isArticle),
      prepare: async () => {},
      close: () => {},
    }
  const database = new Postgres(readWhere(config.databaseUrl))
  return {
    users: new Table(database, usersTable(isUser)),
    articles: new Table(database, articlesTable(isArticle)),
    prepare: () => migrate(database),
    close: () => database.close(),
  }
}

/** Forward only, in the order of their names, each in one transaction with the note that it was done. */
async function migrate(database: Postgres): Promise<void> {
  await database.script(
    'CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, done_at timestamptz NOT NULL DEFAULT now())',
  )
  const done = new Set((await database.query('SELECT name FROM migrations')).map(([name]) => name))
  for (const name of readdirSync(MIGRATIONS).sort())
    if (/^\d{4}-[a-z0-9-]+\.sql$/.test(name) && !done.has(name)) {
      const statements = readFileSync(join(MIGRATIONS, name), 'utf8')
      // The name first: of two services that start at once the second waits here, and then fails as a whole.
      await database.script(
        `BEGIN; INSERT INTO migrations (name) VALUES ('${name}'); ${statements}\n; COMMIT`,
      )
    }
}
