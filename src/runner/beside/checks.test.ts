// Lists of a rehearsal on the card: what is left out is counted.
import { expect, test } from 'vitest'
import type { NotCompared } from '../../plans/receipt.ts'
import { differenceProblems, firstNames, told } from './checks.ts'

const names = (count: number) => Array.from({ length: count }, (_, i) => `p${i}`)

test('names, paths that were not compared and differences beyond the first are counted', () => {
  expect(firstNames(names(50))).toEqual(names(50))
  expect(firstNames(names(53)).slice(-2)).toEqual(['p49', '… + 3'])
  const left = (count: number): readonly NotCompared[] =>
    names(count).map((what) => ({ what, why: 'special' }))
  expect(told(left(50)).at(-1)).toBe('special p49')
  expect(told(left(70)).slice(-2)).toEqual(['special p48', 'too_many 70'])
  // Of what the receipt itself has left out, its number stands.
  expect(told([...left(60), { what: '900', why: 'too_many' }]).at(-1)).toBe('too_many 900')
  const differences = names(57).map((path) => ({ path, field: 'content', after: 'back' }))
  const problems = differenceProblems({ differences } as unknown as Parameters<typeof differenceProblems>[0])
  expect(problems).toHaveLength(51)
  expect(problems.at(-1)).toEqual({ code: 'validation.more', text: '7' })
})
