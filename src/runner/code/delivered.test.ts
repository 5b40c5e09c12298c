// Which commits count as having run here, and when a change may be staged on the branch.
import { expect, test } from 'vitest'
import { sha256 } from '../../base/hash.ts'
import type { ExecutionId } from '../../base/id.ts'
import type { CodeWish } from '../../plans/code.ts'
import type { RunnerParts } from '../parts.ts'
import { assertDelivered, assertRanHere, type KeptCode, takenBackBelow } from './delivered.ts'

const ids = ['a', 'b', 'c', 'd'].map((one) => one.repeat(40)) as [string, string, string, string]
const [A, B, C, D] = ids
const kept = (number: number, before: string, after: string): KeptCode => ({
  execution: `CHG-2026-000${number}/1` as ExecutionId,
  change: `CHG-2026-000${number}`,
  before,
  after,
})
const two = [kept(1, A, B), kept(2, B, C)]
const back = (commit: string, takesBack?: string): CodeWish =>
  ({ kind: 'code', commit, ...(takesBack === undefined ? {} : { takesBack }) }) as CodeWish
const codeOf = (work: () => void): string | undefined => {
  try {
    work()
  } catch (error) {
    return (error as { readonly code?: string }).code
  }
  return undefined
}

test('only what ran here comes back without tests', () => {
  for (const commit of [A, B, C]) expect(codeOf(() => assertRanHere(back(commit), two))).toBe(undefined)
  expect(codeOf(() => assertRanHere(back(D), two))).toBe('deploy.never_ran')
  expect(codeOf(() => assertRanHere(back(A), []))).toBe('deploy.never_ran')
  expect(codeOf(() => assertRanHere({ ...back(D), bundle: sha256('') }, two))).toBe(undefined)
})

test('a change below later ones is told from the newest one', () => {
  expect(takenBackBelow(back(B, 'CHG-2026-0002'), two, C)).toBe(undefined)
  expect(takenBackBelow(back(A, 'CHG-2026-0001'), two, C)).toEqual(two[0])
  // The later one was taken back by itself: the branch is where the first change had put it.
  expect(takenBackBelow(back(A, 'CHG-2026-0001'), [...two, kept(3, C, B)], B)).toBe(undefined)
  expect(takenBackBelow(back(A), two, C)).toBe(undefined)
})

test('nothing is staged while the branch is not at the commit that runs', () => {
  const parts = (event?: string) =>
    ({
      journal: {
        index: { code: new Map(event === undefined ? [] : [['CHG-2026-0002/1', { event, why: 'locked' }]]) },
      },
    }) as unknown as RunnerParts
  const at = (commit: string, event?: string) =>
    codeOf(() => assertDelivered(two, { branch: 'main', path: '/srv/app', commit }, parts(event)))
  expect(at(C)).toBe(undefined)
  expect(at(B)).toBe('deploy.not_delivered')
  expect(at(B, 'commitFailed')).toBe('deploy.not_delivered')
  expect(at(D, 'committed')).toBe('deploy.branch_other')
  expect(at(D, 'pushFailed')).toBe('deploy.branch_other')
  expect(codeOf(() => assertDelivered([], { branch: 'main', path: '/srv/app', commit: D }, parts()))).toBe(
    undefined,
  )
})
