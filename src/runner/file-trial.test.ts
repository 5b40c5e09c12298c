import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { PLANS } from '../../tests/vectors/seal/sample.ts'
import type { Plan } from '../plans/plan.ts'
import { TrialBudget } from '../sandbox/budget.ts'
import { tryFiles } from './file-trial.ts'
import type { RunnerParts } from './parts.ts'

const directory = await mkdtemp(join(tmpdir(), 'sekisho-rehearse-'))
afterAll(() => rm(directory, { recursive: true, force: true }))

test('a plan that writes no file was not tried on copies: neither the way there nor the way back is green', async () => {
  const parts = { clock: { uptime: () => 1 }, place: { state: directory } } as unknown as RunnerParts
  const { actions, ...rest } = PLANS['nginx'] as Plan
  const reloadOnly = { ...rest, actions: actions.filter(({ action }) => action.kind === 'unit') }
  expect(reloadOnly.actions).toHaveLength(1)
  expect(
    (await tryFiles(reloadOnly, parts, new TrialBudget(() => 0))).map(({ check, verdict }) => [
      check,
      verdict,
    ]),
  ).toEqual([
    ['trial', 'not_tried'],
    ['undo', 'not_tried'],
  ])
})
