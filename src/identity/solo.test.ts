import { describe, expect, test } from 'vitest'
import { GRANTS, PERMISSIONS } from '../contract/operations.ts'
import { deadEnds, SOLO, type SoloMachine, type WayOut } from './solo.ts'

describe('the solo table', () => {
  test('has a row for every operation that a person decides by a signature, or that changes the rules', () => {
    const rows = new Set(SOLO.map(({ operation }) => operation))
    for (const operation of PERMISSIONS)
      if (GRANTS[operation].decides === true) expect(rows).toContain(operation)
    for (const operation of ['config.apply', 'person.edit'] as const) expect(rows).toContain(operation)
  })

  test('asks for a second signature only where nothing is undone', () => {
    expect(SOLO.filter(({ solo }) => solo === 'signature_twice').map(({ rule }) => rule)).toEqual([
      'approve.tier3',
    ])
  })
})

describe('dead ends', () => {
  const ways: Readonly<Record<string, readonly WayOut<string>[]>> = {
    a: [{ to: 'b' }],
    b: [{ to: 'end', operation: 'change.approve' }, { to: 'c' }],
    c: [{ to: 'b' }],
  }
  const machine: SoloMachine<string> = {
    states: ['a', 'b', 'c', 'end'],
    ends: ['end'],
    out: (state) => ways[state] ?? [],
  }
  test('there is none where the one person may sign', () => {
    expect(deadEnds(machine, () => true)).toEqual([])
  })
  test('all but the end are where they may not (the search can find something)', () => {
    expect(deadEnds(machine, () => false)).toEqual(['a', 'b', 'c'])
  })
})
