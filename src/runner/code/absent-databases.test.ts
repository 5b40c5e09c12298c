// Which declared databases a room did not have: each is told on the card, in both languages.
import { expect, test } from 'vitest'
import type { Database } from '../../backup/set.ts'
import { rehearsalNotCompared } from '../../words/rehearsal.ts'
import { absentDatabases } from './migrations.ts'

const databases = [
  { name: 'shop', port: 5432 },
  { name: 'shop', port: 5433 },
] as readonly Pick<Database, 'name' | 'port'>[] as readonly Database[]

test('a declared database that was not cloned is told; the cloned one is not', () => {
  expect(absentDatabases({ databases }, { port: 5432, name: 'shop' })).toEqual([
    { what: 'postgresql:5433/shop', why: 'no_database' },
  ])
  expect(absentDatabases({ databases }, undefined)).toHaveLength(2)
  expect(absentDatabases({}, undefined)).toEqual([])
  const [told] = absentDatabases({ databases }, { port: 5433, name: 'shop' }).map(
    ({ what, why }) => `${why} ${what}`,
  )
  if (told === undefined) throw new Error('nothing is told')
  expect(rehearsalNotCompared(told, 'en')).toBe(
    'postgresql:5432/shop (a database that the room did not have: what the change does with it was not looked at)',
  )
  expect(rehearsalNotCompared(told, 'ja')).toContain('postgresql:5432/shop（部屋になかったデータベース')
})
