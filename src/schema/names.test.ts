// What a rehearsal may say of SQL that it ran on rows of production.
import { expect, test } from 'vitest'
import { Names } from './names.ts'

const live = [
  'table public.users',
  'column public.users.email',
  'constraint public.users.users_email_key',
].map((at) => ({ at, is: '1' }))
const names = new Names(
  [
    `DO $$ BEGIN EXECUTE format('SELECT 1 FROM %I', (SELECT string_agg(email, ' ') FROM users)); EXECUTE 'ALTER TABLE "Old Titles" ADD words int'; END $$`,
  ],
  live,
)

test.each([
  [
    'ERROR: relation "bob@example.com alice@example.com" does not exist (SQLSTATE 42P01) (exit 3)',
    'ERROR: relation "…" does not exist (SQLSTATE 42P01) (exit 3)',
  ],
  [
    'ERROR: function bob.alice(unknown) does not exist (SQLSTATE 42883) (exit 3)',
    'ERROR: function …(unknown) does not exist (SQLSTATE 42883) (exit 3)',
  ],
  [
    'ERROR: large object 50000 does not exist (SQLSTATE 42704) (exit 3)',
    'ERROR: large object … does not exist (SQLSTATE 42704) (exit 3)',
  ],
  ['ERROR: deadlock detected (SQLSTATE BOB12) (exit 3)', 'ERROR: deadlock detected  (exit 3)'],
  [
    'ERROR: duplicate key value violates unique constraint "users_email_key" (SQLSTATE 23505) (exit 3)',
    undefined,
  ],
  [
    'ERROR: column "words" of relation "Old Titles" contains null values (SQLSTATE 23502) (exit 3)',
    undefined,
  ],
  ['ERROR: canceling statement due to lock timeout (SQLSTATE 55P03) (exit 3)', undefined],
  ['ERROR: its words may hold a value of a row and are not shown (SQLSTATE P0001) (exit 3)', undefined],
  ['it did not end in time', undefined],
])('part of B7: %s', (why, told) => {
  expect(names.message(why)).toBe(told ?? why)
})

test('a name of a table or an entry is told where SQL or production has it', () => {
  expect(
    ['public.users', 'public.Old Titles', 'public.bob@example.com', 'bob.users'].map((one) =>
      names.told(one),
    ),
  ).toEqual(['public.users', 'public.Old Titles', '…', '…'])
  const differences = ['column public.users.words', 'table public.bob', 'other role app'].map((at) => ({
    at,
    how: 'new' as const,
  }))
  expect(names.entries(differences).map(({ at }) => at)).toEqual(['column public.users.words'])
  expect(names.keys({ 'public.users': 1, 'public.bob': 2 })).toEqual({ 'public.users': 1, '…': 2 })
})
