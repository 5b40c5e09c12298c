// Evidence is known again by everything that can be seen of it, whatever it is and however damaged.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunnerParts } from '../parts.ts'
import { noEvidence, seeEvidence } from './evidence.ts'

const parts = { keys: { keyed: new Uint8Array(32).fill(5) } } as unknown as RunnerParts
const context = { parts, signal: new AbortController().signal }
const see = async (path: string) => (await seeEvidence(path, context)).digest

test('S43 whatever is changed in it makes another digest, and put back the first one', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'evidence-'))
  const tree = join(directory, 'tree')
  const file = join(tree, 'a', 'file')
  const then = new Date(1_700_000_000_000)
  const put = (path: string, text: string) => {
    writeFileSync(path, text)
    utimesSync(path, then, then)
  }
  mkdirSync(join(tree, 'a'), { recursive: true })
  put(file, 'text')
  symlinkSync('a/file', join(tree, 'link'))
  const first = await seeEvidence(tree, context)
  expect(first).toMatchObject({ entries: 4, bytes: 4 })
  const changes: readonly (readonly [string, () => void, () => void])[] = [
    ['bytes', () => put(file, 'tex!'), () => put(file, 'text')],
    ['a time', () => utimesSync(file, new Date(), new Date()), () => utimesSync(file, then, then)],
    ['a mode', () => chmodSync(file, 0o600), () => chmodSync(file, 0o644)],
    ['a name', () => renameSync(file, `${file}2`), () => renameSync(`${file}2`, file)],
    ['one more', () => mkdirSync(join(tree, 'b')), () => rmSync(join(tree, 'b'), { recursive: true })],
    [
      'where a link goes',
      () => {
        rmSync(join(tree, 'link'))
        symlinkSync('a', join(tree, 'link'))
      },
      () => {
        rmSync(join(tree, 'link'))
        symlinkSync('a/file', join(tree, 'link'))
      },
    ],
  ]
  for (const [what, change, back] of changes) {
    change()
    expect(await see(tree), what).not.toBe(first.digest)
    back()
    expect(await see(tree), `${what}, put back`).toBe(first.digest)
  }
  // A file alone, a link alone, and nothing: each its own; by another key another one.
  const all = [first.digest, await see(file), await see(join(tree, 'link')), noEvidence(context).digest]
  expect(new Set(all).size).toBe(4)
  const other = { parts: { keys: { keyed: new Uint8Array(32) } } as unknown as RunnerParts }
  expect((await seeEvidence(tree, { ...context, ...other })).digest).not.toBe(first.digest)
  rmSync(directory, { recursive: true })
})
