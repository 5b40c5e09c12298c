import { expect, test } from 'vitest'
import { diffText } from './diff.ts'
import { openedBy, sectionsNamed, unopened } from './opened.ts'

const bytes = (text: string) => Buffer.from(text)
const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}\n`).join('')
const two = (first: string, second: string) =>
  diffText([
    { kind: 'write', path: '/a', before: bytes('old\n'), after: bytes(first) },
    { kind: 'write', path: '/b', before: bytes('old\n'), after: bytes(second) },
  ])

test('what the card shows whole was seen; what it cuts was not', () => {
  const none = new Set<string>()
  expect(unopened(two('new\n', 'new\n'), none)).toEqual({ of: 2, count: 0, paths: [] })
  expect(unopened(two('new\n', lines(40)), none)).toEqual({ of: 2, count: 1, paths: ['/b'] })
  expect(unopened(two(lines(40), 'new\n'), none)?.paths).toEqual(['/a', '/b'])
  expect(unopened(two(lines(40), 'new\n'), new Set(['/a']))?.paths).toEqual(['/b'])
  expect(unopened(two('new\n', `${'x'.repeat(900)}\n`), none)?.paths).toEqual(['/b'])
})

test('a change of mode stands on no card', () => {
  const digest = 'a'.repeat(64) as never
  const side = (mode: '100644' | '100755') => ({ mode, digest, size: 1 }) as never
  const text = diffText([
    {
      kind: 'code',
      file: { path: 'run.sh', kind: 'changed', before: side('100644'), after: side('100755') } as never,
    },
  ])
  expect(unopened(text, new Set())?.paths).toEqual(['run.sh'])
})

test('a difference without files has nothing to open', () => {
  expect(unopened('restart -- a.service\n', new Set())).toBeUndefined()
})

test('sections by number, by ranges and all; what is not there is no section', () => {
  const text = two('x\n', 'y\n')
  expect(sectionsNamed(text, 'all')).toEqual(['/a', '/b'])
  expect(sectionsNamed(text, '2')).toEqual(['/b'])
  expect(sectionsNamed(text, '1-999999')).toEqual(['/a', '/b'])
  expect(sectionsNamed(text, '0,3,7-5')).toEqual([])
})

test('only what this person opened of this difference counts', () => {
  const entry = (actor: string, diff: string, sections: string[]) => ({
    kind: 'change.opened',
    actor,
    payload: { diff, sections },
  })
  const entries = [entry('a', 'x', ['1']), entry('b', 'x', ['2']), entry('a', 'y', ['3'])]
  expect([...openedBy(entries, 'a', 'x')]).toEqual(['1'])
})
