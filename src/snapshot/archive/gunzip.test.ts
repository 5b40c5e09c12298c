// What the child that decodes answers of whole, cut, damaged and bloated files, and of a volume without room.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { run } from '../../sys/process.ts'
import { gunzip } from './gunzip.ts'

const base = mkdtempSync(join(tmpdir(), 'sekisho-gunzip-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
const TEXT = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `${i * 7919}`).join('\n'))
const PACKED = gzipSync(TEXT)

async function answerOf(bytes: Uint8Array, floorBytes = 0, bounds?: Parameters<typeof gunzip>[4]) {
  const [from, into] = [join(base, 'from'), join(base, 'into')]
  writeFileSync(from, bytes)
  const fds = [openSync(from, 'r'), openSync(into, 'w+')] as const
  try {
    const parts = {
      process: run,
      command: [process.execPath, join(import.meta.dirname, '../../runner/main.ts')],
      root: process.geteuid?.() === 0,
      policies: { current: { rules: { floorBytes } } },
    }
    const { signal } = new AbortController()
    const answer = await gunzip({ fd: fds[0], size: bytes.length }, fds[1], base, { parts, signal }, bounds)
    return { answer, bytes: readFileSync(into) }
  } finally {
    for (const fd of fds) closeSync(fd)
  }
}

test('a whole file, also of several parts, is written out', async () => {
  const found = await answerOf(Buffer.concat([PACKED, PACKED]))
  expect(found.answer).toBeUndefined()
  expect(found.bytes.equals(Buffer.concat([TEXT, TEXT]))).toBe(true)
})

test('one that ends in the middle, is damaged, or grows without bound is named', async () => {
  expect((await answerOf(PACKED.subarray(0, -100))).answer).toBe('truncated')
  const flipped = Buffer.from(PACKED)
  flipped[5000] = (flipped[5000] as number) ^ 0xff
  expect((await answerOf(flipped)).answer).toBe('damaged')
  expect((await answerOf(Buffer.from('no gzip at all'))).answer).toBe('damaged')
  const bomb = await answerOf(gzipSync(Buffer.alloc(8_388_608)), 0, { ratio: 10, small: 1_000_000 })
  expect(bomb.answer).toBe('ratio')
  expect(bomb.bytes.length).toBeLessThanOrEqual(1_000_000)
})

test('a volume without room says nothing of the archive', async () => {
  await expect(answerOf(PACKED, Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({ code: 'backup.no_space' })
})
