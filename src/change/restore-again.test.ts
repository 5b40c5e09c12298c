// Where data moved under a restore, nothing of the change can be mended: the lines to type are made of its plan, and never of anybody's words.
import { describe, expect, test } from 'vitest'
import { ERROR_WORDS } from '../words/errors.ts'
import { problemLines } from '../words/problem.ts'
import type { Change } from './change.ts'
import { restoreAgain } from './restore-again.ts'

const exchange = (of: 'directory' | 'file', path: string) => ({ action: { kind: 'exchange', of, path } })
const swap = { action: { kind: 'renameDatabase', database: 'mirai' } }
const assertLoss = { action: { kind: 'assertLoss' } }
const blocked = (code: string, ...actions: readonly object[]) =>
  ({
    pattern: 'data',
    service: 'app',
    instruction: { text: 'sekisho restore full; rm -rf /' },
    checks: [{ check: 'trial', problems: [{ code, text: 'app' }] }],
    moved: [],
    plan: { actions: [assertLoss, ...actions] },
  }) as unknown as Change

describe('restoreAgain', () => {
  test('S43 the lists grew: the same once more, or with the service stopped before', () => {
    const line = 'sekisho restore full --last-known-good --service app'
    expect(restoreAgain(blocked('restore.loss_grew', exchange('directory', '/srv/data')))).toEqual([
      line,
      `${line} --stop-first`,
    ])
    expect(restoreAgain(blocked('restore.stage_damaged', swap, exchange('directory', '/srv/data')))).toEqual([
      line,
    ])
  })

  test('S38 of one file or one database it is that one, as a shell reads it', () => {
    expect(restoreAgain(blocked('restore.stage_gone', exchange('file', "/srv/it's here.json")))).toEqual([
      "sekisho restore file '/srv/it'\\''s here.json' --last-known-good --service app",
    ])
    expect(restoreAgain(blocked('restore.stage_gone', swap))).toEqual([
      'sekisho restore database mirai --last-known-good --service app',
    ])
  })

  test('S43 taking a restore back is asked for again by its own line', () => {
    const change = {
      ...blocked('restore.loss_grew', exchange('directory', '/srv/data')),
      takesBack: 'CHG-2026-0007',
    }
    expect(restoreAgain(change as Change)).toEqual([
      'sekisho change rollback CHG-2026-0007',
      'sekisho change rollback CHG-2026-0007 --stop-first',
    ])
  })

  test('it moved after the approval, and that is said in the list of what moved', () => {
    const change = blocked('trial.apply', exchange('directory', '/srv/data'))
    expect(restoreAgain(change)).toBeUndefined()
    const moved = [{ what: 'data', code: 'moved.refused', detail: { why: 'restore.loss_grew' } }]
    expect(restoreAgain({ ...change, moved })).toHaveLength(2)
    expect(restoreAgain({ ...change, moved, pattern: 'config' })).toBeUndefined()
  })
})

test('S43 a trial that met what would stop the act says so as the act does, in both languages', () => {
  const problem = { code: 'restore.loss_grew', text: 'app' }
  for (const language of ['ja', 'en'] as const) {
    const { what, why } = ERROR_WORDS['restore.loss_grew'][language](() => 'app')
    expect(problemLines(problem, language)).toEqual([what, why])
  }
  expect(problemLines({ code: 'file.no_exchange_here', text: 'mv' }, 'en')).toEqual(['mv'])
})
