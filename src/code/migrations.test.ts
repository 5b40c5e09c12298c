// Pairs of a commit by their numbers: what is added behind the newest one runs, in order; whatever else is refused by name.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ChangedPath, migrationsOf } from './migrations.ts'

const DIR = 'db/migrations'
const both = (name: string) => [`${DIR}/${name}.up.sql`, `${DIR}/${name}.down.sql`]
const FIRST = both('0001_start')

function of(added: readonly string[], more: { changes?: readonly ChangedPath[]; back?: boolean } = {}) {
  const { back = false, changes = [] } = more
  const all = [...FIRST, ...added, 'server.js']
  return migrationsOf({
    directory: DIR,
    changes: [
      ...added.map((path) => ({ path, kind: back ? 'removed' : 'added' }) as const),
      { path: 'server.js', kind: 'changed' },
      ...changes,
    ],
    deployed: back ? all : [...FIRST, 'server.js'],
    candidate: back ? [...FIRST, 'server.js'] : all,
    back,
  })
}
const names = (answer: ReturnType<typeof of>) =>
  answer.ok ? answer.pairs.map(({ name }) => name) : answer.code

test('pairs run in the order of their numbers, and are taken back in the other', () => {
  const added = [...both('0010_ten'), ...both('0002_two'), ...both('3_three')]
  expect(names(of(added))).toEqual(['0002_two', '3_three', '0010_ten'])
  expect(names(of(added, { back: true }))).toEqual(['0010_ten', '3_three', '0002_two'])
  expect(names(of([]))).toEqual([])
})

test.each<readonly [string, readonly string[], readonly ChangedPath[], string]>([
  ['one number twice', [...both('0002_a'), ...both('2_b')], [], 'deploy.migration_twice'],
  ['a number that production has', both('1_other'), [], 'deploy.migration_twice'],
  ['a number before the newest one', both('0000_early'), [], 'deploy.migration_order'],
  ['no way back', [both('0002_a')[0] ?? ''], [], 'deploy.migration_half'],
  ['no way there', [both('0002_a')[1] ?? ''], [], 'deploy.migration_half'],
  ['no number', [`${DIR}/views.up.sql`], [], 'deploy.migration_name'],
  ['neither up nor down', [`${DIR}/0002_views.sql`], [], 'deploy.migration_name'],
  ['in a directory below', [`${DIR}/old/0002_views.up.sql`], [], 'deploy.migration_name'],
  [
    'one that was applied is other',
    [],
    [{ path: FIRST[0] ?? '', kind: 'changed' }],
    'deploy.migration_changed',
  ],
  [
    'one that was applied is gone',
    [],
    [{ path: FIRST[0] ?? '', kind: 'removed' }],
    'deploy.migration_changed',
  ],
  [
    'one that was applied has another name',
    [],
    [{ path: `${DIR}/0002_start.up.sql`, kind: 'renamed', from: FIRST[0] ?? '' }],
    'deploy.migration_changed',
  ],
  ['too many', Array.from({ length: 11 }, (_, i) => both(`1${i}_x`)).flat(), [], 'deploy.migrations_many'],
])('%s', (_, added, changes, code) => {
  expect(names(of(added, { changes }))).toBe(code)
})

test('other files of the directory are none of its business', () => {
  expect(names(of([], { changes: [{ path: `${DIR}/README.md`, kind: 'changed' }] }))).toEqual([])
})

test('whatever the names are, there is an answer, and pairs are in order', () => {
  const name = fc.stringMatching(/^[0-9]{0,3}[a-z_]{0,4}$/)
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 6 }), fc.boolean(), (stems, back) => {
      const answer = of(stems.flatMap(both), { back })
      if (!answer.ok) return
      const numbers = answer.pairs.map(({ number }) => number)
      const sorted = numbers.toSorted((a, b) => (a < b ? -1 : 1))
      expect(numbers).toEqual(back ? sorted.toReversed() : sorted)
    }),
  )
})
