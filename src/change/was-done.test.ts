import { expect, test } from 'vitest'
import type { ChangeView, StepView } from '../contract/change.ts'
import { unitArgv } from '../plans/actions/unit.ts'
import type { Plan } from '../plans/plan.ts'
import { steps } from './progress.ts'
import { wasDone } from './was-done.ts'

const line = (key: string, second: number, body: object) => ({
  key,
  at: `2026-11-25T14:14:${String(second).padStart(2, '0')}.000Z`,
  body,
})
const PLAN = {
  diagnostics: false,
  actions: [
    { id: '1', action: { kind: 'unit', verb: 'stop', unit: 'app.service' }, undo: [] },
    { id: '2', action: { kind: 'assertLoss', lists: [] }, undo: [] },
  ],
  proof: [],
  keep: { by: 'proof', seconds: 10 },
} as unknown as Plan
const view = (of: readonly StepView[]) => ({ execution: { id: 'x', steps: of } }) as unknown as ChangeView
const intent = { kind: 'intent' }
const outcome = (result: string) => ({ kind: 'outcome', result, milliseconds: 1, detail: {} })

test('a restore that stopped the service and started it again says both, with their times', () => {
  const lines = [
    line('CHG-2026-0001/1/1/apply/1', 2, intent),
    line('CHG-2026-0001/1/1/apply/1', 3, outcome('applied')),
    line('CHG-2026-0001/1/2/apply/1', 3, intent),
    line('CHG-2026-0001/1/2/apply/1', 4, outcome('failed')),
    line('CHG-2026-0001/1/1/undo/1', 5, intent),
    line('CHG-2026-0001/1/1/undo/1', 6, outcome('applied')),
  ]
  const done = view(steps(PLAN, lines as never))
  expect(wasDone(done, 'ja', 'Asia/Tokyo')).toBe(
    '本番で行ったこと: app.service 停止（23:14:02 JST）、app.service 起動（23:14:05 JST）',
  )
  expect(wasDone(done, 'en', 'UTC')).toBe(
    'Done to production: app.service stop (14:14:02 UTC), app.service start (14:14:05 UTC)',
  )
})

test('nothing was done only where no act began', () => {
  expect(wasDone(view([]), 'en', 'UTC')).toBe('Nothing was done to production')
  expect(wasDone({} as ChangeView, 'ja', 'UTC')).toBe('本番には何もしていません')
  const stopping = [line('CHG-2026-0001/1/1/apply/1', 2, intent)]
  expect(wasDone(view(steps(PLAN, stopping as never)), 'en', 'UTC')).toContain('app.service stop')
  expect(unitArgv('stop', 'app.service').join(' ')).toContain('stop')
})
