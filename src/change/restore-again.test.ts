// Where data has moved under a restore, nothing of the change can be mended: the lines to type are made of what was wished for and of its plan, and never
// of anybody's words.
import { describe, expect, test } from 'vitest'
import { ERROR_WORDS } from '../words/errors.ts'
import { problemLines } from '../words/problem.ts'
import type { Change } from './change.ts'
import { clockFirst, restoreAgain } from './restore-again.ts'

const FULL = { kind: 'full', from: 'last-known-good' }
const STOP = { action: { kind: 'unit', verb: 'stop', unit: 'app.service' } }
const EXCHANGE = { action: { kind: 'exchange', of: 'file', path: '/srv/data/a.json' } }
const blocked = (code: string, restore: object | undefined, before: readonly object[] = [STOP]) =>
  ({
    pattern: 'data',
    service: 'app',
    instruction: { text: 'sekisho restore full; rm -rf /' },
    wishes: { files: [], env: [], stage: 'f'.repeat(32), ...(restore === undefined ? {} : { restore }) },
    checks: [{ check: 'trial', problems: [{ code, text: 'app' }] }],
    moved: [],
    plan: { actions: [...before, EXCHANGE] },
  }) as unknown as Change

describe('restoreAgain', () => {
  test('the lists grew: the same once more, or with the service stopped before', () => {
    const line = 'sekisho restore full --last-known-good --service app'
    expect(restoreAgain(blocked('restore.loss_grew', FULL))).toEqual([line, `${line} --stop-first`])
    expect(restoreAgain(blocked('restore.stage_damaged', FULL))).toEqual([line])
  })

  test('where the plan stops no unit, nobody can stop first, and it is not named', () => {
    expect(restoreAgain(blocked('restore.loss_grew', FULL, []))).toEqual([
      'sekisho restore full --last-known-good --service app',
    ])
    const takesBack = 'CHG-2026-0007' as Change['id']
    expect(restoreAgain({ ...blocked('restore.loss_grew', undefined, []), takesBack })).toEqual([
      'sekisho change rollback CHG-2026-0007',
    ])
  })

  test.each([
    [
      { kind: 'salvage', from: 'last-known-good', what: '/srv/data/a.json' },
      'salvage /srv/data/a.json --last-known-good --service app',
    ],
    [
      { kind: 'file', from: 'last-known-good', what: "/srv/it's here.json" },
      "file '/srv/it'\\''s here.json' --last-known-good --service app",
    ],
    [
      { kind: 'database', from: '20261124_210000Z', what: 'mirai', copy: 'away' },
      'database mirai --from 20261124_210000Z --service app --copy away',
    ],
    [
      { kind: 'full', from: 'last-known-good', copy: 'local', mix: true },
      'full --last-known-good --service app --copy local --mix',
    ],
  ])('it is the same wish, as a shell reads it: %j', (wish, line) => {
    expect(restoreAgain(blocked('restore.stage_gone', wish))).toEqual([`sekisho restore ${line}`])
  })

  test('of a change that was stored before its wish was kept, no line is guessed from its plan', () => {
    expect(restoreAgain(blocked('restore.loss_grew', undefined))).toBeUndefined()
  })

  test('taking a restore back is asked for again by its own line', () => {
    const change = { ...blocked('restore.loss_grew', undefined), takesBack: 'CHG-2026-0007' }
    expect(restoreAgain(change as Change)).toEqual([
      'sekisho change rollback CHG-2026-0007',
      'sekisho change rollback CHG-2026-0007 --stop-first',
    ])
  })

  test('it moved after the approval, and that is said in the list of what moved', () => {
    const change = blocked('trial.apply', FULL)
    expect(restoreAgain(change)).toBeUndefined()
    const moved = [{ what: 'data', code: 'moved.refused', detail: { why: 'restore.loss_grew' } }]
    expect(restoreAgain({ ...change, moved })).toHaveLength(2)
    expect(restoreAgain({ ...change, moved, pattern: 'config' })).toBeUndefined()
  })

  test('the clock jumped: it is looked at first, then the same once more', () => {
    const moved = [{ what: 'app', code: 'moved.refused', detail: { why: 'runner.clock_unsound' } }]
    const change = { ...blocked('trial.apply', FULL), moved, state: 'void' as const }
    expect(clockFirst(change)).toEqual(['sekisho runner clock accept'])
    expect(restoreAgain(change)).toHaveLength(1)
    expect(clockFirst({ ...change, state: 'ready' })).toEqual([])
    expect(clockFirst({ ...change, moved: [] })).toEqual([])
  })
})

test('a trial that met what would stop the act says so as the act does, in both languages', () => {
  const problem = { code: 'restore.loss_grew', text: 'app' }
  for (const language of ['ja', 'en'] as const) {
    const { what, why } = ERROR_WORDS['restore.loss_grew'][language](() => 'app')
    expect(problemLines(problem, language)).toEqual([what, why])
  }
  expect(problemLines({ code: 'file.no_exchange_here', text: 'mv' }, 'en')).toEqual(['mv'])
})
