// The fence marks that are folded from the lines, and what the owner's reset takes out of them.
import { expect, test } from 'vitest'
import type { TargetId } from '../../base/id.ts'
import { FENCE_JUMP_MAX, reachableMark } from '../../seal/fence.ts'
import type { JournalBody, JournalLine } from '../../seal/journal.ts'
import { JournalIndex } from './index.ts'

const TARGET = 'web1/file:/etc/a.conf' as TargetId
const OTHER = 'web1/file:/etc/b.conf' as TargetId

function accepted(number: number, token: number): JournalLine {
  const body = {
    kind: 'accepted',
    nonces: [],
    statements: [],
    fences: [TARGET, OTHER].map((target) => ({ target, token: target === TARGET ? token : number })),
  } as unknown as JournalBody
  return { key: `CHG-2026-000${number}/1`, at: '2026-11-25T00:00:00.000Z', body } as unknown as JournalLine
}
const reset = (executions: readonly string[]) =>
  ({
    key: 'fences',
    at: '2026-11-25T00:00:00.000Z',
    body: { kind: 'runner', event: 'fences', detail: { target: TARGET, executions } },
  }) as unknown as JournalLine

test('a token that no count can have reached is taken back, in whichever order the lines are read, and only for its target', () => {
  const lines = [accepted(1, 7), accepted(2, Number.MAX_SAFE_INTEGER), accepted(3, 8)]
  const index = new JournalIndex()
  for (const line of lines) index.take(line)
  expect(index.fences.get(TARGET)).toBe(Number.MAX_SAFE_INTEGER)
  const { mark, beyond } = reachableMark(index.tokensOf(TARGET))
  expect({ mark, beyond }).toEqual({ mark: 8, beyond: ['CHG-2026-0002/1'] })
  index.take(reset(beyond))
  expect([index.fences.get(TARGET), index.fences.get(OTHER)]).toEqual([8, 3])

  // At a start the lines outside of executions come first.
  const again = new JournalIndex()
  for (const line of [reset(beyond), ...lines]) again.take(line)
  expect([again.fences.get(TARGET), again.fences.get(OTHER)]).toEqual([8, 3])
})

test('a mark that was counted up to is no case for a reset', () => {
  const counted = [1, 2, 3, FENCE_JUMP_MAX + 3, 5].map((token, i) => ({
    execution: `CHG-2026-000${i}/1`,
    token,
  }))
  expect(reachableMark(counted)).toEqual({ mark: FENCE_JUMP_MAX + 3, beyond: [] })
  expect(reachableMark([])).toEqual({ mark: 0, beyond: [] })
})
