// What the loop relies on in every pair of hands, held by the real ones and by the fake alike.
import { expect } from 'vitest'
import type { Hands } from '../../src/runner/perform/hands.ts'

export interface ContractWorld {
  readonly hands: Hands
  /** What stands in the first file of action 1, and in the last one. */
  readonly first: () => string
  readonly last: () => string
  readonly write: (which: 'first' | 'last', content: 'old' | 'new' | 'foreign') => void
}

/** Each law on a fresh world. Action 1 replaces two or more files, old by new. */
export const LAWS: Readonly<Record<string, (world: ContractWorld) => Promise<void>>> = {
  'copies may be taken twice': async ({ hands }) => {
    const once = await hands.keepCopies()
    expect((await hands.keepCopies()).map(({ path }) => path)).toEqual(once.map(({ path }) => path))
  },
  'before: not applied, and nothing to undo': async ({ hands }) => {
    await hands.keepCopies()
    expect(await hands.probe(one(hands), since)).toMatchObject({ found: 'not_applied' })
    expect(await hands.probeUndone(one(hands))).toMatchObject({ found: 'applied' })
  },
  'apply, and the probe says so': async ({ hands, first, last }) => {
    await hands.keepCopies()
    expect(await hands.apply(one(hands))).toMatchObject({ result: 'applied' })
    expect([first(), last()]).toEqual(['new', 'new'])
    expect(await hands.probe(one(hands), since)).toMatchObject({ found: 'applied' })
    expect(await hands.probeUndone(one(hands))).toMatchObject({ found: 'not_applied' })
  },
  'some new, some old is mixed, in both directions': async ({ hands, write }) => {
    await hands.keepCopies()
    write('first', 'new')
    expect(await hands.probe(one(hands), since)).toMatchObject({ found: 'mixed' })
    expect((await hands.probeUndone(one(hands))).found).not.toBe('applied')
  },
  'what somebody else wrote is unknown, and never called undone': async ({ hands, write }) => {
    await hands.keepCopies()
    write('first', 'foreign')
    expect(await hands.probe(one(hands), since)).toMatchObject({ found: 'unknown' })
    expect((await hands.probeUndone(one(hands))).found).not.toBe('applied')
  },
  'undo may be done from any state, and twice': async ({ hands, first, last, write }) => {
    await hands.keepCopies()
    write('last', 'new')
    for (let i = 0; i < 2; i++) {
      expect(await hands.undo(one(hands))).toMatchObject({ result: 'applied' })
      expect([first(), last()]).toEqual(['old', 'old'])
      expect(await hands.probeUndone(one(hands))).toMatchObject({ found: 'applied' })
    }
  },
  'the claim is held by one': async ({ hands }) => {
    await hands.keepCopies()
    await hands.arm({ boot: 'x', uptime: Number.MAX_SAFE_INTEGER })
    const lock = await hands.claim()
    expect(lock).toBeDefined()
    expect(await hands.claim()).toBeUndefined()
    await lock?.release()
    const again = await hands.claim()
    expect(again).toBeDefined()
    await again?.release()
    await hands.disarm()
    await hands.disarm()
  },
}

const since = { boot: '', uptime: 0 }

function one(hands: Hands) {
  const [planned] = hands.plan.actions
  if (planned === undefined) throw new Error('a plan without actions')
  return planned
}
