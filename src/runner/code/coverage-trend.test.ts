// The trend of coverage comes from the journal alone: no release and no stage has to be there any more.
import { expect, test } from 'vitest'
import { planOf, SERVICE } from '../../../tests/runner-fixtures/scene.ts'
import { sha256 } from '../../base/hash.ts'
import { canonical, type Json } from '../../base/json.ts'
import type { RunnerParts } from '../parts.ts'
import { coverageTrend } from './coverage-trend.ts'

interface Kept {
  readonly before?: number
  readonly after?: number
  readonly outcome?: string
  readonly verdict?: string
}

function partsOf(changes: readonly Kept[]): RunnerParts {
  const plans = new Map<string, Buffer>()
  const accepted = new Map<string, { readonly plan: string }>()
  const closed = new Map<string, { readonly outcome: string }>()
  const trials = new Map<string, object>()
  for (const [i, { before, after, outcome = 'kept', verdict = 'green' }] of changes.entries()) {
    const bytes = Buffer.from(canonical({ ...planOf(), revision: i + 1 } as unknown as Json))
    const plan = sha256(bytes)
    plans.set(plan, bytes)
    accepted.set(`CHG-2026-000${i}/1`, { plan })
    closed.set(`CHG-2026-000${i}/1`, { outcome })
    const side = (coverage?: number) => ({ passed: 1, ...(coverage === undefined ? {} : { coverage }) })
    trials.set(String(i), {
      plan,
      checks: [
        { check: 'tests', verdict, facts: { before: side(before), after: side(after) }, problems: [] },
      ],
    })
  }
  const read = async (_: string, digest: string) => plans.get(digest) ?? Promise.reject(new Error('gone'))
  return { objects: { read }, journal: { index: { accepted, closed, trials } } } as unknown as RunnerParts
}

test('part of S55: what each kept change had before and after it, and nothing of one that was taken back', async () => {
  const parts = partsOf([
    { before: 10_000, after: 9996 },
    { before: 9996, after: 9500, outcome: 'rolled_back' },
    { after: 9992 },
  ])
  expect(await coverageTrend(SERVICE, parts)).toEqual([10_000, 9996, 9992])
  expect(await coverageTrend('other' as typeof SERVICE, parts)).toEqual([])
})

test('a drop that people have waived is a new beginning', async () => {
  const parts = partsOf([
    { before: 10_000, after: 9996 },
    { before: 9996, after: 9000, verdict: 'red' },
    { before: 9000, after: 8998 },
  ])
  expect(await coverageTrend(SERVICE, parts)).toEqual([9000, 9000, 8998])
})
