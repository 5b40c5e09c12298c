// Writing a file so that it is wholly old or wholly new: also when many write it at once, and when a writer before us died.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeDurable } from './files.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sys-files-'))
})
afterEach(() => rm(directory, { recursive: true }))

test('fifty writers of one file: each is told that it wrote, one of them stands there, nothing else lies about', async () => {
  const path = join(directory, 'mark.json')
  const texts = Array.from({ length: 50 }, (_, i) => `${i}`.repeat(1000))
  await Promise.all(texts.map((text) => writeDurable(path, text, { mode: 0o600 })))
  expect(texts).toContain(await readFile(path, 'utf8'))
  expect(await readdir(directory)).toEqual(['mark.json'])
})

test('what a dead process of our number left does not stand in the way', async () => {
  const path = join(directory, 'a')
  for (let i = 0; i < 200; i++) await writeFile(join(directory, `.a.${process.pid}.${i}.sekisho`), 'half')
  await writeDurable(path, 'whole', { mode: 0o600 })
  expect(await readFile(path, 'utf8')).toBe('whole')
})
