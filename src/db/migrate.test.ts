// Migrations against a real server: forward only, checksummed, one at a time.
import { describe, expect, test } from 'vitest'
import { freshDatabase } from '../../tests/db/database.ts'
import { sha256 } from '../base/hash.ts'
import { type Migration, migrate, pending } from './migrate.ts'
import { withClient } from './prepare.ts'

const FIRST: Migration = { id: '0001-first', sql: 'CREATE TABLE thing (id int PRIMARY KEY)' }
const SECOND: Migration = { id: '0002-second', sql: 'ALTER TABLE thing ADD COLUMN name text' }
const done = ({ id, sql }: Migration) => ({ id, sha256: sha256(sql) })
const code = (expected: string, detail: object = {}) =>
  expect.objectContaining({ code: expected, detail: expect.objectContaining(detail) })

describe('what is pending', () => {
  test('nothing applied: all, in order', () => {
    expect(pending([], [FIRST, SECOND])).toEqual([FIRST, SECOND])
  })
  test('the first applied: the second', () => {
    expect(pending([done(FIRST)], [FIRST, SECOND])).toEqual([SECOND])
  })
  test('an applied text that was edited is refused with its name', () => {
    const edited = { ...FIRST, sql: `${FIRST.sql} ` }
    expect(() => pending([done(FIRST)], [edited])).toThrow(
      code('store.migration_changed', { migration: '0001-first' }),
    )
  })
  test('a database newer than the program is refused', () => {
    expect(() => pending([done(FIRST), done(SECOND)], [FIRST])).toThrow(
      code('store.newer', { migration: '0002-second' }),
    )
  })
  test('a list out of order is refused', () => {
    expect(() => pending([], [SECOND, FIRST])).toThrow(code('store.migration_order'))
  })
})

describe('on a real server', () => {
  test('applied once, at the second call nothing is left to do', async () => {
    const { ownerUrl } = await freshDatabase()
    expect(await migrate(ownerUrl, [FIRST])).toEqual(['0001-first'])
    expect(await migrate(ownerUrl, [FIRST, SECOND])).toEqual(['0002-second'])
    expect(await migrate(ownerUrl, [FIRST, SECOND])).toEqual([])
  })
  test('five at once apply it once', async () => {
    const { ownerUrl } = await freshDatabase()
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => migrate(ownerUrl, [FIRST, SECOND])))
    expect(all.flat().sort()).toEqual(['0001-first', '0002-second'])
  })
  test('a failing one is named and rolled back, the earlier one stays', async () => {
    const { ownerUrl } = await freshDatabase()
    const bad = { id: '0002-bad', sql: 'CREATE TABLE half (id int); SELECT 1 / 0' }
    await expect(migrate(ownerUrl, [FIRST, bad])).rejects.toThrow(
      code('store.migration_failed', { migration: '0002-bad' }),
    )
    const tables = await withClient(ownerUrl, (client) =>
      client.query("SELECT to_regclass('thing') AS thing, to_regclass('half') AS half"),
    )
    expect(tables.rows[0]).toEqual({ thing: 'thing', half: null })
  })
})
