import { expect, test } from 'vitest'
import { type Delivery, deliveryLines, deliveryTrouble } from './delivery.ts'

const of = (over: Partial<Delivery>): Delivery => ({
  state: 'pushed',
  commit: '0123456789abcdef',
  branch: 'main',
  push: 'ssh://git@h/x',
  ...over,
})

test.each(['ja', 'en'] as const)(
  '%s: a failed push says why, that the change is kept, and what to do',
  (language) => {
    for (const why of ['diverged', 'rejected', 'credential', 'unreachable', 'time', 'scheme']) {
      const failed = of({ state: 'pushFailed', why: `${why}: the words of the other side` })
      const trouble = deliveryTrouble(failed, 'notes', language)
      expect(trouble?.why).toMatch(/[a-zぁ-ん]/)
      expect(trouble?.next?.length).toBeGreaterThan(1)
      expect(deliveryLines(failed, language)[1]).toContain('ssh://git@h/x')
    }
    expect(
      deliveryTrouble(of({ state: 'pushFailed', why: 'secret.unknown' }), 'notes', language)?.what,
    ).toContain('secret.unknown')
    expect(deliveryTrouble(of({}), 'notes', language)).toBeUndefined()
  },
)

test('what was not pushed is never said to be', () => {
  expect(deliveryLines(of({}), 'en')).toEqual(['0123456789ab on main', 'pushed to ssh://git@h/x'])
  expect(deliveryLines(of({ state: 'committed' }), 'en')[1]).toBe('not pushed to ssh://git@h/x yet')
  expect(deliveryLines(of({ push: undefined, state: 'committed' }), 'en')[1]).toBe(
    'no address to push to is declared',
  )
  expect(deliveryLines(of({ state: 'commitFailed', why: 'code.branch_moved' }), 'en')).toEqual([
    'the branch has not moved (code.branch_moved)',
  ])
})
