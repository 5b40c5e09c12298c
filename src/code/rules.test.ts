// Names, links, listings and digests of trees as values.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../base/hash.ts'
import { type ArtefactEntry, artefactDigest } from './artefact-digest.ts'
import { readBundleHeader } from './bundle-header.ts'
import { linksRefused, pathRefused, twinsRefused, visible } from './path-rules.ts'
import { dirtyRefused, type RepositoryState } from './repository-state.ts'
import { IMPORT_LIMITS } from './tree-entry.ts'
import { readListing } from './tree-listing.ts'

describe('names', () => {
  test.each([
    ['.git/config', 'code.name_reserved'],
    ['a/.GIT', 'code.name_reserved'],
    ['a/.git. /b', 'code.name_reserved'],
    ['git~1', 'code.name_reserved'],
    ['a//b', 'code.name_reserved'],
    ['../b', 'code.name_reserved'],
    [`${'d/'.repeat(70)}f`, 'code.name_too_long'],
    ['x'.repeat(256), 'code.name_too_long'],
    ['a\u200bb', 'code.name_hidden'],
    ['.gitignore', undefined],
    ['日本語/ファイル 1.txt', undefined],
    ['a.git', undefined],
  ])('%j', (path, code) => {
    expect(pathRefused(path)?.code).toBe(code)
  })
  test('twins are found in directories, too', () => {
    expect(twinsRefused(['Lib/a', 'lib/b'])?.detail).toEqual({ path: 'lib', other: 'Lib' })
    expect(twinsRefused(['lib/a', 'lib/b', 'libA'])).toBeUndefined()
  })
  test('what is shown of a name holds no hidden character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (text) => pathRefused(visible(text))?.code !== 'code.name_hidden',
      ),
    )
  })
})

describe('links', () => {
  const leadsOut = (links: Readonly<Record<string, string>>) =>
    linksRefused(new Map(Object.entries(links)))?.detail['path']
  test('one that stays inside, through others as well', () => {
    expect(leadsOut({ 'a/b/l': '../../c', d: 'a/b', m: 'd/l' })).toBeUndefined()
  })
  test('one that leads out only through another', () => {
    // By its text it stays at a/b; the directory that it passes is the root of the tree.
    expect(leadsOut({ 'a/b/d': '../..', l: 'a/b/d/../x' })).toBe('l')
  })
  test('a ring', () => {
    expect(leadsOut({ a: 'b', b: 'a' })).toBe('a')
  })
})

describe('a listing', () => {
  test('any bytes give an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        readListing(bytes, IMPORT_LIMITS, 'candidate')
        readBundleHeader(bytes)
      }),
    )
  })
  test('a size that git could not read is no size of nothing', () => {
    const line = Buffer.from(`100644 blob ${'a'.repeat(40)}     BAD\tname\0`)
    expect(readListing(line, IMPORT_LIMITS, 'candidate')).toMatchObject({ code: 'code.bundle_corrupt' })
  })
})

test('a dirty tree blocks but for what is declared', () => {
  const state = {
    path: '/srv/a',
    changed: [
      { status: ' M', path: 'data.json' },
      { status: 'M ', path: 'a.js' },
    ],
  }
  const refused = (declared: readonly string[]) =>
    dirtyRefused(state as unknown as RepositoryState, (path) => declared.includes(path))
  expect(refused([])?.detail).toEqual({ repository: '/srv/a', count: 2, paths: ['data.json', 'a.js'] })
  expect(refused(['data.json'])?.detail).toMatchObject({ count: 1 })
  expect(refused(['data.json', 'a.js'])).toBeUndefined()
})

test('the digest of an artefact is that of docs/spec/artefact-v1.md', () => {
  const entries: readonly ArtefactEntry[] = [
    { path: 'b', kind: 'link', target: 'a/f' },
    { path: 'a', kind: 'directory', mode: 0o755 },
    { path: 'a/f', kind: 'file', mode: 0o644, sha256: sha256('x'), bytes: 1 },
  ]
  expect(artefactDigest(entries)).toBe(
    sha256(`sekisho artefact v1\0a\0directory\x000755\0a/f\0file\x000644\0${sha256('x')}\0b\0link\0a/f\0`),
  )
  expect(artefactDigest(entries.toReversed())).toBe(artefactDigest(entries))
})
