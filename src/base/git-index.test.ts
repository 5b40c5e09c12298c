import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { trackedPaths } from './git-index.ts'

test('the paths of an index are those that git lists, in every version of its format', () => {
  const tree = mkdtempSync(join(tmpdir(), 'sekisho-index-'))
  try {
    const git = (...argv: string[]) => execFileSync('git', argv, { cwd: tree, encoding: 'utf8' })
    git('init', '-q')
    mkdirSync(join(tree, 'data/日本'), { recursive: true })
    for (const name of ['a', 'ab', 'abcdefgh', 'data/articles.json', 'data/users.json', 'data/日本/x.json'])
      writeFileSync(join(tree, name), name)
    git('add', '.')
    for (const version of ['2', '3', '4']) {
      git('update-index', '--index-version', version)
      const listed = git('ls-files', '-z').split('\0').filter(Boolean)
      expect(trackedPaths(readFileSync(join(tree, '.git/index'))), version).toEqual(listed)
    }
  } finally {
    rmSync(tree, { recursive: true })
  }
})

test('bytes that are no index are answered with nothing, and none is a fault', () => {
  expect(trackedPaths(Buffer.from('not an index, whatever it may be called'))).toBeUndefined()
  const head = Buffer.from('DIRC\0\0\0\x04\0\0\xff\xff')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      trackedPaths(Buffer.concat([head, bytes]))
    }),
  )
})
