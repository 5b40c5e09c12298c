// The oracle is coreutils: what it writes we read, what we write it writes too, byte for byte, and checks.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { Digest } from '../base/hash.ts'
import { type Checksum, checksumLine, checksumsText, readChecksums } from './checksums.ts'

const scratch = mkdtempSync(join(tmpdir(), 'sekisho-checksums-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const NAMES: readonly Uint8Array[] = [
  'data/users.json',
  'data/a b/ユーザー.json',
  'data/back\\slash',
  'data/line\nfeed',
  'data/return\r',
  'data/\\n',
  'data/all\\\n\r\t"\'$(x)',
  'data/ leading',
  'data/*star',
  'data/trailing ',
].map((name) => Buffer.from(name))
const BYTES = Buffer.from([0x64, 0x61, 0x74, 0x61, 0x2f, 0xff, 0xfe, 0x0a, 0x80, 0x5c])

const hash = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex') as Digest
const hex = (list: readonly Checksum[]) =>
  list.map(({ digest, name }) => [digest, Buffer.from(name).toString('hex')])

/** A directory whose files have these names (bytes) and their own name as content. */
function tree(names: readonly Uint8Array[]): { directory: string; list: readonly Checksum[] } {
  const directory = mkdtempSync(join(scratch, 'tree-'))
  const list = names.map((name) => {
    const path = Buffer.concat([Buffer.from(`${directory}/`), name])
    mkdirSync(Buffer.from(dirname(path.toString('latin1')), 'latin1'), { recursive: true })
    writeFileSync(path, name)
    return { digest: hash(name), name }
  })
  return { directory, list }
}

/** `find -print0 | sort -z | xargs -0 sha256sum`, with the C locale. */
function coreutils(directory: string): Buffer {
  const script = 'find data -type f -print0 | sort -z | xargs -0 sha256sum'
  return execFileSync('sh', ['-c', script], { cwd: directory, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } })
}

describe('the text of coreutils', () => {
  const { directory, list } = tree([...NAMES, BYTES])

  test('is what sha256sum itself writes, byte for byte', () => {
    expect(Buffer.from(checksumsText(list)).equals(coreutils(directory))).toBe(true)
  })

  test('is accepted by sha256sum -c --strict, and one changed byte is not', () => {
    const check = (text: Uint8Array) =>
      spawnSync('sha256sum', ['-c', '--strict', '--quiet'], { cwd: directory, input: text }).status
    const text = checksumsText(list)
    expect(check(text)).toBe(0)
    writeFileSync(join(directory, 'data/users.json'), 'other')
    expect(check(text)).toBe(1)
    writeFileSync(join(directory, 'data/users.json'), NAMES[0] as Uint8Array)
  })

  test('is read back to the same names and digests', () => {
    const read = readChecksums(coreutils(directory))
    if (!read.ok) throw new Error(`${read.line} ${read.why}`)
    const ordered = [...list].sort((a, b) => Buffer.compare(a.name, b.name))
    expect(hex(read.list)).toEqual(hex(ordered))
  })

  test('binary mode, comments, upper case and a missing last line feed are read as sha256sum -c reads them', () => {
    const digest = hash('x')
    const text = `# made by hand\n${digest.toUpperCase()} *data/x\n${digest}  data/y\r\n${digest}  data/z`
    const read = readChecksums(Buffer.from(text))
    expect(read.ok && hex(read.list).map(([, name]) => Buffer.from(`${name}`, 'hex').toString())).toEqual([
      'data/x',
      'data/y',
      'data/z',
    ])
  })
})

test.each([
  ['a short digest', `${'a'.repeat(63)}  data/x`, 'shape'],
  ['one space', `${'a'.repeat(64)} data/x`, 'shape'],
  ['no name', `${'a'.repeat(64)}  `, 'shape'],
  ['another digest', `${'a'.repeat(32)}  data/x`, 'shape'],
  ['an unknown escape', `\\${'a'.repeat(64)}  data/\\x`, 'escape'],
  ['an escape that ends', `\\${'a'.repeat(64)}  data/\\`, 'escape'],
  ['NUL', `${'a'.repeat(64)}  data/\0x`, 'nul'],
  ['twice', `${'b'.repeat(64)}  ok`, 'twice'],
])('%s is refused with its line', (_, line, why) => {
  expect(readChecksums(Buffer.from(`${'a'.repeat(64)}  ok\n${line}\n`))).toEqual({ ok: false, line: 2, why })
})

test('any names come back, and any bytes get an answer', () => {
  const name = fc
    .uint8Array({ minLength: 1, maxLength: 12 })
    .map((bytes) => bytes.map((byte) => (byte === 0 ? 0x5c : byte)))
  fc.assert(
    fc.property(fc.array(name, { maxLength: 8 }), (names) => {
      const distinct = [...new Map(names.map((one) => [Buffer.from(one).toString('hex'), one])).values()]
      const list = distinct.map((one) => ({ digest: hash(one), name: one }))
      const read = readChecksums(checksumsText(list))
      expect(read.ok && new Set(hex(read.list).map(String))).toEqual(new Set(hex(list).map(String)))
    }),
  )
  const mostly = fc.constantFrom(...Buffer.from(`\\\n\r #*ab0 ${'f'.repeat(20)}`))
  fc.assert(fc.property(fc.array(mostly), (bytes) => void readChecksums(Uint8Array.from(bytes))))
})

test('a random tree: sha256sum writes the same text', () => {
  const letter = fc.constantFrom(...Buffer.from('aA.-_ \\\n\r\t*#'), 0xe3, 0x81, 0x82, 0xff, 0x80, 0x7f, 0x01)
  const segment = fc
    .array(letter, { minLength: 1, maxLength: 10 })
    .map((bytes) => Buffer.from([0x78, ...bytes]).toString('latin1'))
  const names = fc.uniqueArray(segment, { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(names, (segments) => {
      const { directory, list } = tree(segments.map((one) => Buffer.from(`data/${one}`, 'latin1')))
      expect(Buffer.from(checksumsText(list)).toString('latin1')).toBe(
        coreutils(directory).toString('latin1'),
      )
      rmSync(directory, { recursive: true })
    }),
    { numRuns: 20 },
  )
})

test('a line alone', () => {
  expect(Buffer.from(checksumLine({ digest: hash(''), name: Buffer.from('a\\b') })).toString()).toBe(
    `\\${hash('')}  a\\\\b\n`,
  )
})
