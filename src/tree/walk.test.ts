// The order of a walk is the byte order of whole paths, for names of any bytes.

import { closeSync, existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openChain } from './chain.ts'
import { isComponent, joined, openTree, shown } from './openat.ts'
import { removeTree } from './remove.ts'
import { walk } from './walk.ts'
import { yielding } from './yield.ts'

const name = fc
  .uint8Array({ minLength: 1, maxLength: 4 })
  .map((bytes) => Buffer.from(bytes))
  .filter(isComponent)
const close = fc.constantFrom('a', 'a.', 'a.b', 'a-', 'a0', 'a\n', 'a!').map((text) => Buffer.from(text))
const path = fc.array(fc.oneof(close, name), { minLength: 1, maxLength: 4 })

test('byte order of whole paths, every one once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(path, { maxLength: 12 }), async (paths) => {
      const base = await mkdtemp(join(tmpdir(), 'sekisho-walk-'))
      const root = openTree(base)
      const chain = openChain(root, 0o700)
      try {
        const made = new Set([''])
        for (const parts of paths) {
          let at: Buffer = Buffer.alloc(0)
          for (const part of parts) {
            at = joined(at, part)
            made.add(at.toString('latin1'))
          }
          chain.at(at)
        }
        const seen = [...walk(root)].map((one) => one.path)
        const expected = [...made]
          .map((text) => Buffer.from(text, 'latin1'))
          .sort((a, b) => Buffer.compare(a, b))
        expect(seen.map(shown)).toEqual(expected.map(shown))
      } finally {
        chain.close()
        closeSync(root)
        await rm(base, { recursive: true, force: true })
      }
    }),
    { numRuns: 60 },
  )
})

test('far deeper than a path of the kernel could name, and no deeper than the limit', async () => {
  const base = await mkdtemp(join(tmpdir(), 'sekisho-walk-'))
  const root = openTree(base)
  const chain = openChain(root, 0o700)
  try {
    const deep = Buffer.from(Array.from({ length: 900 }, () => 'directory').join('/'))
    chain.at(deep)
    expect([...walk(root)]).toHaveLength(901)
    chain.at(Buffer.concat([deep, Buffer.from('/x'.repeat(200))]))
    expect(() => [...walk(root)]).toThrow(/backup.too_deep/)
  } finally {
    chain.close()
    closeSync(root)
    // No path can name it: it is removed as it was made.
    const parent = openTree(tmpdir())
    await removeTree(parent, Buffer.from(basename(base)), yielding())
    closeSync(parent)
    expect(existsSync(base)).toBe(false)
  }
})

test('one component is one component', () => {
  for (const bad of ['', '.', '..', 'a/b', '/', 'a\0b', 'x'.repeat(256)])
    expect(isComponent(Buffer.from(bad))).toBe(false)
  for (const good of ['...', '.a', 'a..', ' ', '\n', '-rf', 'x'.repeat(255)])
    expect(isComponent(Buffer.from(good))).toBe(true)
})
