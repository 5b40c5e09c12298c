// S03 S04 Paths that can be the same file: against a model that writes out every path, and on texts that are nothing but length.
import { describe, expect, test } from 'vitest'
import { intersect, isBare, namesMeet, type Segment } from './path.ts'
import type { Value } from './value.ts'

const NAMES = ['a', 'b', 'ab', '.a']
const SEGMENTS: readonly Segment[] = [
  ['a'],
  ['b'],
  [{ wild: 'name' }],
  ['a', { wild: 'char' }],
  [{ wild: 'component' }],
  'tree',
]

/** Every path of up to three names, and whether a pattern of segments takes it. */
function paths(): readonly (readonly string[])[] {
  const all: string[][] = [[]]
  for (let from = 0, length = 0; length < 3; length++) {
    const end = all.length
    for (; from < end; from++) for (const name of NAMES) all.push([...(all[from] ?? []), name])
  }
  return all
}
const takesName = (segment: Value, name: string) => namesMeet(segment, [name])
function takes(pattern: readonly Segment[], names: readonly string[]): boolean {
  const [first, ...rest] = pattern
  if (first === undefined) return names.length === 0
  if (first === 'tree') return takes(rest, names) || (names.length > 0 && takes(pattern, names.slice(1)))
  const [name, ...others] = names
  return name !== undefined && takesName(first, name) && takes(rest, others)
}

/** A row of numbers that is the same each time. */
function* numbers(seed: number): Generator<number> {
  let state = seed
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    yield state
  }
}

describe('paths that meet', () => {
  test('what the model finds in both is found, for 2,000 pairs of patterns', () => {
    const seed = 20_261_125
    const next = numbers(seed)
    const all = paths()
    const pattern = (): readonly Segment[] =>
      Array.from({ length: (next.next().value as number) % 4 }, () => {
        const at = (next.next().value as number) % SEGMENTS.length
        return SEGMENTS[at] as Segment
      })
    for (let i = 0; i < 2_000; i++) {
      const [one, two] = [pattern(), pattern()]
      // The model knows few names: what it finds must be found, not the other way round.
      if (all.some((names) => takes(one, names) && takes(two, names)))
        expect(intersect(one, two), `seed ${seed}: ${JSON.stringify([one, two])}`).toBe(true)
    }
  })

  test('literal paths meet when they are equal', () => {
    expect(intersect([['a'], ['b']], [['a'], ['b']])).toBe(true)
    expect(intersect([['a'], ['b']], [['a']])).toBe(false)
    expect(intersect([], [])).toBe(true)
    expect(intersect([], ['tree'])).toBe(true)
    expect(intersect([['a']], ['tree', ['b']])).toBe(false)
    expect(intersect([['a'], 'tree'], ['tree', ['b']])).toBe(true)
  })

  test('twenty thousand trees in a path are answered', () => {
    const long: readonly Segment[] = Array.from({ length: 20_000 }, (_, i) => (i % 2 === 0 ? 'tree' : ['a']))
    expect(intersect(long, ['tree', ['a']])).toBe(true)
    expect(intersect(long, [['b']])).toBe(false)
    expect(intersect(long, long.slice(0, 9))).toBe(true)
  })

  test('a star takes a dot inside of a name, and none in front of it', () => {
    expect(namesMeet(['main.js'], [{ wild: 'name' }])).toBe(true)
    expect(namesMeet([{ wild: 'name' }], ['a.b.c'])).toBe(true)
    expect(namesMeet(['main.js'], [{ wild: 'name' }, '.js'])).toBe(true)
    expect(namesMeet(['main.js'], [{ wild: 'char' }, 'ain', { wild: 'name' }])).toBe(true)
    expect(namesMeet(['.js'], [{ wild: 'name' }])).toBe(false)
    expect(namesMeet(['.js'], [{ wild: 'name' }, '.js'])).toBe(false)
    expect(namesMeet(['.js'], [{ wild: 'component' }, '.js'])).toBe(true)
  })

  test('a star is bare, a star with letters is not', () => {
    expect(isBare([{ wild: 'name' }])).toBe(true)
    expect(isBare([{ wild: 'component' }])).toBe(true)
    expect(isBare([{ wild: 'char' }])).toBe(false)
    expect(isBare(['a', { wild: 'name' }])).toBe(false)
    expect(isBare('tree')).toBe(false)
  })
})
