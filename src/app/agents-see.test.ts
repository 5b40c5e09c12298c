// Production's data reaches no agent by a rehearsal of a schema: values stand in what a server says, and an agent reads none of it.
import { expect, test } from 'vitest'
import type { ChangeView } from '../contract/change.ts'
import { problemLines } from '../words/problem.ts'
import { linesSeenBy, seenBy } from './agents-see.ts'

const CANARY = 'canary-7@example.com'
const SPEECH = `ERROR: duplicate key value; Key (email)=(${CANARY}) already exists (SQLSTATE 23505)`

const view = {
  checks: [
    {
      check: 'trial',
      facts: { status: { before: 'aa', after: 'bb', said: [CANARY] }, rows: 5 },
      problems: [
        { code: 'schema.up_failed', path: 'up.sql', text: SPEECH },
        { code: 'schema.rows_differ', text: '{"table":"public.articles","before":20,"after":15}' },
        { code: 'sql.truncate', line: 3, text: '{"table":"articles"}' },
      ],
    },
  ],
  execution: {
    steps: [
      { id: '1', detail: { why: 'schema.failed', because: SPEECH, file: 'up.sql' } },
      { id: '2', because: { code: 'schema.tool_failed', detail: { command: 'alembic', why: SPEECH } } },
    ],
  },
} as unknown as ChangeView

test('an agent sees code, counts and the state of the server, and no value; a person sees what was said', () => {
  const seen = seenBy({ kind: 'agent' }, view)
  expect(JSON.stringify(seen)).not.toContain(CANARY)
  expect(seen.checks[0]?.problems).toEqual([
    { code: 'schema.up_failed', path: 'up.sql', text: '(SQLSTATE 23505)' },
    { code: 'schema.rows_differ', text: '{"table":"public.articles","before":20,"after":15}' },
    { code: 'sql.truncate', line: 3, text: '{"table":"articles"}' },
  ])
  expect(seen.execution).toEqual({
    steps: [
      { id: '1', detail: { why: 'schema.failed', because: '(SQLSTATE 23505)', file: 'up.sql' } },
      {
        id: '2',
        because: {
          code: 'schema.tool_failed',
          detail: { command: 'alembic', why: '(SQLSTATE 23505)' },
        },
      },
    ],
  })
  expect(seenBy({ kind: 'person' }, view)).toBe(view)
})

test('lines of a journal are read by an agent without what was said', () => {
  const line = JSON.stringify({
    seq: 1,
    body: { kind: 'outcome', detail: { why: 'schema.failed', because: SPEECH } },
  })
  expect(linesSeenBy({ kind: 'agent' }, [line]).join('')).not.toContain(CANARY)
  expect(linesSeenBy({ kind: 'agent' }, [line]).join('')).toContain('23505')
  expect(linesSeenBy({ kind: 'person' }, [line])).toEqual([line])
})

test('of a call that was rehearsed an agent reads in what files differ, and not their names, which users of the service may have chosen', () => {
  const call = {
    pattern: 'request',
    checks: [
      {
        check: 'undo',
        facts: { rewritten: [`/srv/x/${CANARY}`], notCompared: [`live /srv/x/${CANARY}`, 'load /srv/x'] },
        problems: [{ code: 'rehearsal.difference', path: `/srv/x/${CANARY}`, text: 'back content' }],
      },
    ],
  } as unknown as ChangeView
  const seen = seenBy({ kind: 'agent' }, call)
  expect(seen.checks).toEqual([
    {
      check: 'undo',
      facts: { rewritten: [], notCompared: ['load /srv/x', 'live'] },
      problems: [{ code: 'rehearsal.difference', text: 'back content …' }],
    },
  ])
  const [problem] = seen.checks[0]?.problems ?? []
  for (const language of ['ja', 'en'] as const)
    expect(problem === undefined ? '' : problemLines(problem, language).join('')).toContain('…')
  const [whole] = call.checks[0]?.problems ?? []
  expect(whole === undefined ? '' : problemLines(whole, 'en').join('')).toContain(`/srv/x/${CANARY}`)
})

test('of a command that ran in production an agent reads how it ended and how much it printed, and a person what', () => {
  const detail = { argv: ['./reindex'], milliseconds: 5, exit: 1, output: `row of ${CANARY}`, why: 'exec' }
  const seen = { argv: ['./reindex'], milliseconds: 5, exit: 1, printed: 27, why: 'exec' }
  expect(seenBy({ kind: 'agent' }, { steps: [{ id: '1', detail }] })).toEqual({
    steps: [{ id: '1', detail: seen }],
  })
  const line = JSON.stringify({ seq: 1, body: { kind: 'outcome', result: 'failed', detail } })
  expect(linesSeenBy({ kind: 'agent' }, [line]).map((one) => JSON.parse(one) as unknown)).toEqual([
    { seq: 1, body: { kind: 'outcome', result: 'failed', detail: seen } },
  ])
  expect(linesSeenBy({ kind: 'person' }, [line])).toEqual([line])
})

test('of a command of maintenance an agent reads how it ended', () => {
  const lease = { service: 'app', by: 'ops1', since: 'a', until: 'b', phase: 'turning_off' }
  const whyOf = (why: string) => seenBy({ kind: 'agent' }, { ...lease, why }).why
  expect(whyOf(`not turned off: exec exit 3 row of ${CANARY}`)).toBe('not turned off: exit 3')
  expect(whyOf(`exec exit 3 row of\n${CANARY}`)).toBe('exit 3')
  for (const own of ['its time is over', 'not turned off: it is not declared any more'])
    expect(whyOf(own)).toBe(own)
  const outcome = { why: 'lease.not_on', service: 'app', because: `exit 3 ${CANARY}` }
  expect(JSON.stringify(seenBy({ kind: 'agent' }, outcome))).not.toContain(CANARY)
})

test('of a change by a command an agent reads no text of its files; another change with a command in it is whole', () => {
  const diff = `--- /dev/null\n+++ /srv/jobs/a\n@@ -0,0 +1 @@\n+${CANARY}\n`
  const view = { steps: [{ kind: 'exec' }], diff, diffDigest: 'd' }
  expect(seenBy({ kind: 'agent' }, { ...view, pattern: 'command' })).toEqual({
    steps: [{ kind: 'exec' }],
    pattern: 'command',
    diff: '--- /dev/null\n+++ /srv/jobs/a\n~text for people\n',
  })
  expect(seenBy({ kind: 'agent' }, { ...view, pattern: 'code' })).toEqual({ ...view, pattern: 'code' })
})
