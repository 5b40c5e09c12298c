// One table of records with ids, behind the same interface as a file of JSON. Nothing is kept here: each look asks the database.
import type { Article } from './articles.ts'
import type { Postgres, Value } from './postgres.ts'
import type { Records, Stored } from './store.ts'
import type { User } from './users.ts'

/** How a kind of record stands in its table. */
export interface Shape<T extends Stored> {
  readonly table: string
  readonly columns: readonly string[]
  /** SQL of the JSON of one row. */
  readonly json: string
  readonly isRecord: (value: unknown) => value is T
  readonly values: (record: T) => readonly Value[]
}

export class Table<T extends Stored> implements Records<T> {
  readonly path: string
  readonly #database: Postgres
  readonly #shape: Shape<T>

  constructor(database: Postgres, shape: Shape<T>) {
    this.path = `table ${shape.table}`
    this.#database = database
    this.#shape = shape
  }

  /** Nothing is kept that could be read anew; says whether all is sound. */
  async load(): Promise<void> {
    await this.all()
  }

  async all(): Promise<readonly T[]> {
    const { table, json } = this.#shape
    const rows = await this.#database.query(`SELECT ${json} FROM ${table} ORDER BY written`)
    return rows.map(([row], i) => this.#read(row, i + 1))
  }

  async find(id: string): Promise<T | undefined> {
    const { table, json } = this.#shape
    const [row] = await this.#database.query(`SELECT ${json} FROM ${table} WHERE id = $1`, [id])
    return row === undefined ? undefined : this.#read(row[0], 1)
  }

  async put(record: T): Promise<void> {
    const { table, columns, values } = this.#shape
    const places = columns.map((_, i) => `$${i + 1}`)
    const changes = columns.slice(1).map((column) => `${column} = excluded.${column}`)
    await this.#database.query(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places.join(', ')})
       ON CONFLICT (id) DO UPDATE SET ${changes.join(', ')}, written = nextval('writes')`,
      values(record),
    )
  }

  async remove(id: string): Promise<boolean> {
    return (
      (await this.#database.query(`DELETE FROM ${this.#shape.table} WHERE id = $1 RETURNING id`, [id]))
        .length > 0
    )
  }

  async fault(): Promise<string | undefined> {
    try {
      await this.load()
      return undefined
    } catch (error) {
      return `${this.path}: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  #read(row: Value | undefined, number: number): T {
    const value: unknown = JSON.parse(row ?? 'null')
    if (!this.#shape.isRecord(value)) throw new Error(`${this.path}: record ${number} is not sound`)
    return value
  }
}

export function usersTable(isRecord: Shape<User>['isRecord']): Shape<User> {
  return {
    table: 'users',
    columns: ['id', 'username', 'role', 'password'],
    json: "json_build_object('id', id, 'username', username, 'role', role, 'password', password)",
    isRecord,
    values: ({ id, username, role, password }) => [id, username, role, password],
  }
}

export function articlesTable(isRecord: Shape<Article>['isRecord']): Shape<Article> {
  const changedAt = `to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
  return {
    table: 'articles',
    columns: ['id', 'title', 'body', 'tags', 'author', 'changed_at'],
    json: `json_build_object('id', id, 'title', title, 'body', body, 'tags', tags, 'author', author, 'changedAt', ${changedAt})`,
    isRecord,
    values: ({ id, title, body, tags, author, changedAt: at }) => [
      id,
      title,
      body,
      JSON.stringify(tags),
      author,
      at,
    ],
  }
}
