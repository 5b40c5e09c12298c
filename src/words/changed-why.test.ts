// Every way in which the runner says that a file has changed is a sentence in both languages.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Digest } from '../base/hash.ts'
import type { FileState } from '../plans/file-state.ts'
import { difference } from '../runner/act/files.ts'
import { changedWhy } from './changed-why.ts'
import { ERROR_WORDS, reader } from './errors.ts'

const ACTS = join(import.meta.dirname, '../runner/act')

/** What stands behind `'file.changed', { …, why: '…' }` in the sources of the acts. */
const written = readdirSync(ACTS)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .flatMap((name) => [
    ...readFileSync(join(ACTS, name), 'utf8').matchAll(/'file\.changed', \{ [^}]*why: '([^']+)'/g),
  ])
  .map(([, why = '']) => why)

const file = { kind: 'file', digest: '1'.repeat(64) as Digest, size: 1, mode: 0o644, uid: 0, gid: 0 } as const
const link = { kind: 'link', target: '/a', uid: 0, gid: 0 } as const
const states: readonly FileState[] = [
  file,
  { ...file, digest: '2'.repeat(64) as Digest },
  { ...file, mode: 0o600 },
  { ...file, uid: 7 },
  link,
  { ...link, target: '/b' },
  { kind: 'absent' },
]
const differences = states.flatMap((one) =>
  states.filter((other) => other !== one).map((other) => difference(one, other)),
)

test('each is said in Japanese without a word of English', () => {
  expect(written.length).toBeGreaterThan(4)
  for (const why of [
    ...written,
    ...differences,
    'it leads to /etc/x now',
    'the secret a/b is not the approved one',
  ])
    expect(changedWhy(why, 'ja').replaceAll(/\/\S+|a\/b/g, ''), why).not.toMatch(/[a-z]{3}/i)
})

test('what lies in the way is named, and the next line is to look at it', () => {
  const detail = { path: '/etc/nginx/.sekisho-0', why: 'something else has this name' }
  for (const language of ['ja', 'en'] as const) {
    const { what, next } = ERROR_WORDS['file.changed'][language](reader(detail))
    expect(what).toContain(detail.path)
    expect(next?.[0]).toBe(`ls -la ${detail.path}`)
  }
})
