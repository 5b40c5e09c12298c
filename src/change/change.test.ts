// Acceptance rows S13, S14, S16 at the level of the rules: no order of events reaches an approval or a run out of turn.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { times } from '../../tests/crash/share.ts'
import type { ChangeId } from '../base/id.ts'
import { CHANGE_STATES, type ChangeState } from '../contract/change.ts'
import { type Change, type ChangeEvent, ENDS, isLeftUndone, next, TRANSITIONS, typable } from './change.ts'

const ID = 'CHG-2026-0001' as ChangeId
const EVENTS: readonly ChangeEvent[] = [
  ...new Set(Object.values(TRANSITIONS).flatMap((row) => Object.keys(row) as ChangeEvent[])),
]

const LEAVES: readonly ChangeEvent[] = ['withdraw', 'reject', 'expire', 'void', 'revise']

/** The model: written from domain.md §3 by hand, it does not import the table's arrows. */
const MAY_COME_FROM: Readonly<Partial<Record<ChangeState, readonly ChangeState[]>>> = {
  checking: ['draft', 'planned', 'blocked', 'ready', 'checking'],
  ready: ['checking'],
  awaiting_approval: ['ready'],
  approved: ['awaiting_approval', 'scheduled'],
  scheduled: ['approved'],
  executing: ['scheduled', 'paused', 'lost'],
  verifying: ['executing', 'lost'],
  lost: ['executing', 'verifying', 'awaiting_keep', 'paused', 'rolling_back', 'stuck'],
  succeeded: ['executing', 'verifying', 'awaiting_keep', 'paused', 'rolling_back', 'stuck', 'lost'],
  failed: ['executing', 'verifying', 'awaiting_keep', 'paused', 'rolling_back', 'stuck', 'lost'],
}

describe('the table of states', () => {
  test('part of S16: stage order is enforced: random sequences (10,000 in the campaign) never reach approved or executing out of order', () => {
    let reached = 0
    // Of six events one is whatever a confused or hostile door might send, one is any that the state takes, and four lead on, so
    // that the sequences get somewhere.
    const step = fc.record({ wild: fc.integer({ min: 0, max: 5 }), pick: fc.nat(1000) })
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (sequence) => {
        let state: ChangeState = 'draft'
        const been = new Set<ChangeState>([state])
        for (const { wild, pick } of sequence) {
          const taken = Object.keys(TRANSITIONS[state]) as ChangeEvent[]
          const onward = taken.filter((event) => !LEAVES.includes(event))
          const from =
            wild === 0 || taken.length === 0 ? EVENTS : wild === 1 || onward.length === 0 ? taken : onward
          const answer = next(state, from[pick % from.length] as ChangeEvent)
          if (!answer.ok) continue
          const before: ChangeState = state
          state = answer.state
          const allowed = MAY_COME_FROM[state]
          if (allowed !== undefined) expect(allowed).toContain(before)
          been.add(state)
          if (state === 'approved' || state === 'executing') {
            reached++
            for (const stage of ['checking', 'ready', 'awaiting_approval'] as const)
              expect(been).toContain(stage)
          }
        }
      }),
      { numRuns: times(10_000) },
    )
    // A model whose sequences never get there would prove nothing.
    expect(reached).toBeGreaterThan(times(3000))
  })

  test('part of S16: a mutant that lets ready be approved is caught by the model', () => {
    const mutant: ChangeState = 'approved'
    expect(MAY_COME_FROM[mutant]).not.toContain('ready')
    expect(next('ready', 'approve').ok).toBe(false)
    expect(next('approved', 'start').ok).toBe(false)
  })

  test('an end has no way on, and every other state has one', () => {
    for (const state of CHANGE_STATES) {
      const arrows = Object.keys(TRANSITIONS[state])
      if (ENDS.includes(state)) expect(arrows).toEqual([])
      else expect(arrows.length).toBeGreaterThan(0)
    }
  })

  test('from every state an end can be reached', () => {
    const ends = (state: ChangeState, seen: readonly ChangeState[] = []): boolean =>
      ENDS.includes(state) ||
      Object.values(TRANSITIONS[state]).some(({ to }) => !seen.includes(to) && ends(to, [...seen, state]))
    for (const state of CHANGE_STATES) expect(ends(state), state).toBe(true)
  })

  test('only what is valid now is offered to be typed', () => {
    expect(typable('awaiting_approval', ID).map(({ command }) => command)).toEqual([
      'sekisho change approve CHG-2026-0001',
      'sekisho change reject CHG-2026-0001',
      'sekisho change revise CHG-2026-0001',
      'sekisho change withdraw CHG-2026-0001',
    ])
    expect(typable('executing', ID).map(({ command }) => command)).toEqual([
      'sekisho change abort CHG-2026-0001',
    ])
    expect(typable('closed', ID)).toEqual([])
  })

  test('left undone by a person: only where data did not come back is there something to take back', () => {
    const left = (...ids: string[]) => {
      const because = { code: 'undo_skipped', detail: { why: 'undo_skipped', left: ids } }
      const actions = [
        { id: '1', action: { kind: 'unit', verb: 'stop' } },
        { id: '2', action: { kind: 'exchange', path: '/srv/data' } },
      ]
      const executions = [{ outcome: 'failed', because }]
      return isLeftUndone({ pattern: 'data', plan: { actions }, executions } as unknown as Change)
    }
    expect([left('1'), left('2'), left('1', '2')]).toEqual([false, true, true])
  })
})
