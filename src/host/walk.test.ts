import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mountPoints } from './file-facts.ts'
import { holdDirectory, resolveLinks } from './walk.ts'

let root: string
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'sekisho-walk-')))
})
afterEach(() => rmSync(root, { recursive: true }))

test('a chain of links is named link by link, in the order the kernel meets them', async () => {
  mkdirSync(join(root, 'real'))
  writeFileSync(join(root, 'real', 'file'), '')
  symlinkSync('real', join(root, 'directory'))
  symlinkSync(join(root, 'directory', 'file'), join(root, 'second'))
  symlinkSync('second', join(root, 'first'))
  expect(await resolveLinks(join(root, 'first'))).toEqual({
    real: join(root, 'real', 'file'),
    links: [
      { path: join(root, 'first'), target: 'second' },
      { path: join(root, 'second'), target: join(root, 'directory', 'file') },
      { path: join(root, 'directory'), target: 'real' },
    ],
  })
})

test('`..` goes up from where a link has led, as the kernel does', async () => {
  mkdirSync(join(root, 'a', 'b'), { recursive: true })
  mkdirSync(join(root, 'c'))
  writeFileSync(join(root, 'a', 'x'), '')
  symlinkSync(join(root, 'a', 'b'), join(root, 'c', 'link'))
  symlinkSync('c/link/../x', join(root, 'start'))
  const { real } = await resolveLinks(join(root, 'start'))
  expect(real).toBe(realpathSync.native(join(root, 'start')))
})

test('what does not exist is no link; a loop is refused', async () => {
  expect(await resolveLinks(join(root, 'no', 'such'))).toEqual({ real: join(root, 'no', 'such'), links: [] })
  symlinkSync('dangling', join(root, 'to'))
  expect((await resolveLinks(join(root, 'to'))).real).toBe(join(root, 'dangling'))
  symlinkSync('loop', join(root, 'loop'))
  await expect(resolveLinks(join(root, 'loop'))).rejects.toMatchObject({
    code: 'file.unreadable',
    detail: { why: 'ELOOP' },
  })
})

test('a directory is held through real components only', async () => {
  mkdirSync(join(root, 'real'))
  symlinkSync('real', join(root, 'link'))
  await using held = await holdDirectory(join(root, 'real', 'file'))
  expect(held).toMatchObject({ path: join(root, 'real'), name: 'file' })
  await expect(holdDirectory(join(root, 'link', 'file'))).rejects.toMatchObject({ code: 'file.not_regular' })
  mkdirSync(join(root, 'real', 'below'))
  await expect(holdDirectory(join(root, 'link', 'below', 'file'))).rejects.toMatchObject({
    code: 'file.not_regular',
    detail: { path: join(root, 'link') },
  })
  await expect(holdDirectory(join(root, 'none', 'file'))).rejects.toMatchObject({ code: 'file.unreadable' })
})

test('for any tree of links the answer is the kernel’s', async () => {
  const names = ['a', 'b', 'c', 'd']
  const name = fc.constantFrom(...names)
  const target = fc
    .array(fc.oneof(name, fc.constant('..'), fc.constant('.')), { minLength: 1, maxLength: 4 })
    .map((all) => all.join('/'))
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(name, target),
      fc.array(name, { minLength: 1, maxLength: 3 }),
      async (links, path) => {
        rmSync(join(root, 't'), { recursive: true, force: true })
        mkdirSync(join(root, 't'))
        for (const one of names) {
          if (links[one] === undefined) mkdirSync(join(root, 't', one))
          else symlinkSync(links[one], join(root, 't', one))
        }
        const asked = join(root, 't', ...path)
        let kernel: string | undefined
        try {
          kernel = realpathSync.native(asked)
        } catch {
          return // a loop or something missing: the kernel has no answer
        }
        expect((await resolveLinks(asked)).real).toBe(kernel)
      },
    ),
    { numRuns: 200 },
  )
})

test('mount points with spaces are read as they are', () => {
  const line = String.raw`36 35 98:0 /x /etc/my\040file\134n rw,noatime master:1 - ext3 /dev/root rw`
  expect(mountPoints(`${line}\n`)).toEqual([String.raw`/etc/my file\n`])
})
