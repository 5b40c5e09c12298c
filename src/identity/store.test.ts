import { randomBytes } from 'node:crypto'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../../tests/db/database.ts'
import type { ActorId } from '../base/id.ts'
import { after, type Instant } from '../base/time.ts'
import { GATE } from '../db/layout.ts'
import {
  findToken,
  IDENTITY_SCHEMA,
  identityGrants,
  listTokens,
  revokeToken,
  revokeTokensOf,
  saveToken,
  touchToken,
} from './store.ts'
import { issueToken } from './token.ts'

const random = { bytes: (size: number) => randomBytes(size) }
const now = '2026-11-25T13:00:00.123Z' as Instant
const ops1 = 'ops1' as ActorId
const claude = 'claude' as ActorId

let database: TestDatabase
let db: Kysely<unknown>

beforeAll(async () => {
  database = await freshDatabase([{ id: '0001-first', sql: IDENTITY_SCHEMA + identityGrants(GATE) }])
  db = new Kysely({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: database.gateUrl, max: 2 }) }),
  })
}, 120_000)
afterAll(async () => {
  await db.destroy()
  await database.drop()
})

describe('tokens in the database, as the gate’s role', () => {
  test('a row comes back as it was saved; another digest is no token', async () => {
    const { row } = issueToken({ kind: 'agent', id: claude, sponsor: ops1 }, ops1, now, random)
    await saveToken(db, row)
    expect(await findToken(db, row.digest)).toEqual(row)
    const { row: other } = issueToken({ kind: 'person', id: ops1 }, ops1, now, random)
    expect(await findToken(db, other.digest)).toBeUndefined()
  })

  test('revoked is revoked once, and one actor’s at once', async () => {
    const rows = await Promise.all(
      [0, 1, 2].map(async () => {
        const { row } = issueToken({ kind: 'person', id: ops1 }, ops1, now, random)
        await saveToken(db, row)
        return row
      }),
    )
    const [first] = rows
    if (first === undefined) throw new Error('no row')
    expect(await revokeToken(db, first.digest, after(now, 1000))).toBe(true)
    expect(await revokeToken(db, first.digest, after(now, 2000))).toBe(false)
    expect((await findToken(db, first.digest))?.revokedAt).toBe(after(now, 1000))
    expect(await listTokens(db, ops1, now)).toHaveLength(2)
    expect(await listTokens(db, ops1, first.expiresAt)).toHaveLength(0)
    expect(await revokeTokensOf(db, ops1, now)).toBe(2)
    expect(await listTokens(db, ops1, now)).toHaveLength(0)
    await touchToken(db, first.digest, now)
  })

  test('the database refuses what the code would not write: a longer life, another kind, a second owner, a deletion', async () => {
    const { row } = issueToken({ kind: 'person', id: ops1 }, ops1, now, random)
    await saveToken(db, row)
    await expect(saveToken(db, row)).rejects.toThrow(/duplicate key/)
    const { row: long } = issueToken({ kind: 'person', id: ops1 }, ops1, now, random)
    await expect(saveToken(db, { ...long, expiresAt: after(now, 91 * 86_400_000) })).rejects.toThrow(/check/)
    await expect(
      sql`update token set actor = 'claude' where digest = ${row.digest}`.execute(db),
    ).rejects.toThrow(/permission denied/)
    await expect(
      sql`update token set expires_at = now() where digest = ${row.digest}`.execute(db),
    ).rejects.toThrow(/permission denied/)
    await expect(sql`delete from token`.execute(db)).rejects.toThrow(/permission denied/)
  })
})
