// What is run or sent to take an action back is not begun again where it may have been: a person is asked.
import { expect, test } from 'vitest'
import { EXECUTION, planOf, SERVICE } from '../../../tests/runner-fixtures/scene.ts'
import { sha256 } from '../../base/hash.ts'
import type { Plan, PlannedAction } from '../../plans/plan.ts'
import type { JournalBody, JournalLine } from '../../seal/journal.ts'
import { nextStep } from './next.ts'
import { actionKey, viewOf } from './view.ts'

const command: PlannedAction = {
  id: '1',
  action: {
    kind: 'exec',
    name: 'reindex',
    argv: ['./reindex'],
    directory: '/srv/mirai-jobs',
    own: { files: sha256('files'), changed: [], writes: [], back: ['./back'] },
  },
  undo: [{ kind: 'putBack' }],
  timeoutMs: 1000,
}
const call: PlannedAction = {
  id: '1',
  action: {
    kind: 'request',
    method: 'PUT',
    url: 'http://127.0.0.1/articles/7',
    call: 'retitle',
    dir: '/srv/mirai-data',
    params: [],
    read: 'http://127.0.0.1/articles/7',
    inverse: { method: 'PUT', url: 'http://127.0.0.1/articles/7' },
    withinMs: 1000,
  },
  undo: [{ kind: 'putBack' }],
  timeoutMs: 1000,
}
const planWith = (planned: PlannedAction): Plan => ({ ...planOf(), service: SERVICE, actions: [planned] })

/** The action has failed and is taken back; its way back was begun and what a probe found of it is known. */
function after(found: 'applied' | 'not_applied' | 'mixed' | 'unknown', plan: Plan) {
  const lines: JournalLine[] = []
  const write = (key: string, body: JournalBody) =>
    lines.push({ seq: lines.length, boot: 'b', uptime: 1, key, body } as unknown as JournalLine)
  const [apply, undo] = [actionKey(EXECUTION, '1', 'apply', 1), actionKey(EXECUTION, '1', 'undo', 1)]
  write(EXECUTION, { kind: 'accepted' } as unknown as JournalBody)
  write(apply, { kind: 'intent', action: {} } as unknown as JournalBody)
  write(apply, { kind: 'outcome', result: 'failed', detail: {}, milliseconds: 1 })
  write(EXECUTION, { kind: 'claim', choice: 'revert', by: 'runner', why: 'action_failed' })
  write(undo, { kind: 'intent', action: {} } as unknown as JournalBody)
  write(undo, { kind: 'probed', found, detail: { exit: 1 } })
  return nextStep(plan, viewOf(EXECUTION, lines), { boot: 'b', uptime: 2 })
}

test.each([
  ['a command', command],
  ['a call', call],
])('%s: what may have run is not begun again by itself', (_, planned) => {
  const plan = planWith(planned)
  expect(after('applied', plan)).toMatchObject({ do: 'conclude', result: 'applied' })
  expect(after('not_applied', plan)).toMatchObject({ do: 'conclude', result: 'not_applied' })
  expect(after('mixed', plan)).toMatchObject({ do: 'conclude', result: 'failed' })
  expect(after('unknown', plan)).toMatchObject({ do: 'park', why: 'uncertain', detail: { exit: 1 } })
})

test('files are put back again, whatever was found', () => {
  const plan = planOf()
  const [planned] = plan.actions
  if (planned === undefined) throw new TypeError('no action')
  const files = { ...plan, actions: [{ ...planned, id: '1' }] }
  for (const found of ['not_applied', 'mixed', 'unknown'] as const)
    expect(after(found, files), found).toMatchObject({ do: 'conclude', result: 'not_applied' })
})
