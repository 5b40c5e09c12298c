import { expect, test } from 'vitest'
import { type FileView, matches, resolvePath, withChanges } from './file-view.ts'

test.each([
  ['*', 'a.conf', true],
  ['*', '.hidden', false],
  ['.*', '.hidden', true],
  ['*.conf', 'a.conf', true],
  ['*.conf', 'a.conf.bak', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['[a-c]x', 'bx', true],
  ['[!a-c]x', 'bx', false],
  ['[!a-c]x', 'dx', true],
  ['a\\*', 'a*', true],
  ['a\\*', 'ab', false],
  ['[x', '[x', true],
  ['**a*b', 'zzazzb', true],
])('the pattern %s against %s', (pattern, name, expected) => {
  expect(matches(pattern, name)).toBe(expected)
})

test('a pattern full of stars ends quickly', () => {
  expect(matches(`${'*a'.repeat(100)}b`, 'a'.repeat(250))).toBe(false)
})

test('changes add, replace and remove, and a new file brings its directories', () => {
  const file = { kind: 'file', bytes: Buffer.from('x'), mode: 0o644, uid: 0, gid: 0 } as const
  const live: FileView = {
    look(path) {
      if (path === '/' || path === '/a')
        return { kind: 'directory', names: path === '/' ? ['a'] : ['old', 'gone'] }
      return path === '/a/old' || path === '/a/gone' ? file : undefined
    },
  }
  const view = withChanges(live, [
    { path: '/a/new.d/x', after: file },
    { path: '/a/gone', after: { kind: 'absent' } },
    { path: '/b/never', after: { kind: 'absent' } },
  ])
  expect(view.look('/a')).toEqual({ kind: 'directory', names: ['old', 'new.d'] })
  expect(resolvePath(view, '/a/new.d/x')?.real).toBe('/a/new.d/x')
  expect(view.look('/a/gone')).toBeUndefined()
  expect(view.look('/b')).toBeUndefined()
})
