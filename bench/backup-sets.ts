// The two trees of issue 4, made from a seed so that each run copies the same bytes, and one of tiny files to count memory by.
import { createCipheriv, createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export interface Filled {
  readonly files: number
  readonly bytes: number
}

/** Bytes that no tool can pack or find twice: a key stream of the seed. */
function streamOf(seed: string): (length: number) => Buffer {
  const key = createHash('sha256').update(seed).digest()
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  return (length) => cipher.update(Buffer.alloc(length))
}

function numbersOf(next: (length: number) => Buffer): () => number {
  let pool: Buffer = Buffer.alloc(0)
  let at = 0
  return () => {
    if (at + 4 > pool.length) {
      pool = next(65_536)
      at = 0
    }
    at += 4
    return pool.readUInt32LE(at - 4) / 2 ** 32
  }
}

const WORDS =
  'order account store night harbour bridge letter answer window field paper garden river corner market ' +
  'station number mirror summer copper signal basket lantern engine'
const NOTES = Array.from({ length: 500 }, (_, i) =>
  WORDS.split(' ')
    .map((word, at) => `${word}${(i * 31 + at * 17) % 97}`)
    .slice(i % 12, (i % 12) + 10)
    .join(' '),
)

/** Some MiB of records, each unlike the others, of which files are cut: `{"id":…,"key":…,"note":…}`. */
function recordsOf(seed: string, count: number): (length: number) => Buffer {
  const next = streamOf(seed)
  const lines = Array.from({ length: count }, (_, i) => {
    const bytes = next(24)
    const note = NOTES[bytes.readUInt16LE(0) % NOTES.length]
    return `{"id":${i},"key":"${bytes.toString('hex')}","note":"${note}"},\n`
  })
  const pool = Buffer.from(lines.join(''))
  let at = 0
  return (length) => {
    at = (at + length) % (pool.length - length)
    return pool.subarray(at, at + length)
  }
}

/** As sizes of a service's files are: many small, few large. */
function spread(from: number, to: number, random: number): number {
  return Math.round(from * (to / from) ** random)
}

/** JSON of `length` bytes: a list of records, ended by one of what is left. */
function jsonOf(records: Buffer, number: number): Buffer {
  const head = `[{"n":${number},"cut":"`
  const tail = '"}]\n'
  const text = records.toString('latin1', 0, records.length - head.length - tail.length)
  return Buffer.from(`${head}${text.replaceAll('"', "'").replaceAll('\n', ' ')}${tail}`, 'latin1')
}

function fillSmall(
  root: string,
  { seed, count, from, to }: { seed: string; count: number; from: number; to: number },
  total?: number,
): Filled {
  const random = numbersOf(streamOf(`${seed} sizes`))
  const records = recordsOf(`${seed} records`, 40_000)
  const wished = Array.from({ length: count }, () => spread(from, to, random()))
  const factor = total === undefined ? 1 : total / wished.reduce((sum, size) => sum + size, 0)
  let bytes = 0
  for (const [i, wish] of wished.entries()) {
    const directory = join(root, `d${String(Math.floor(i / 100)).padStart(4, '0')}`)
    if (i % 100 === 0) mkdirSync(directory)
    const text = jsonOf(records(Math.round(wish * factor)), i)
    writeFileSync(join(directory, `f${String(i).padStart(6, '0')}.json`), text)
    bytes += text.length
  }
  return { files: count, bytes }
}

const MB = 1_000_000

/** A service's data: `share` of 50,000 JSON files of 1.5 to 25 kB, 4 of 180 MB and 80 of 10 MB that nothing can pack. */
export function fillA(root: string, share: number): Filled {
  const small = fillSmall(root, { seed: 'A', count: Math.round(50_000 * share), from: 1500, to: 25_000 })
  mkdirSync(join(root, 'large'))
  const random = streamOf('A large')
  const part = (length: number) => {
    const hex = random(Math.ceil(length / 3)).toString('hex')
    return Buffer.from(hex.replace(/.{64}/g, '{"key":"$&","note":"harbour bridge"},\n'), 'latin1')
  }
  const large = Math.max(1, Math.round(180 * share)) * MB
  let bytes = small.bytes
  for (let i = 0; i < 4; i++) bytes += fillLarge(join(root, 'large', `store${i}.json`), large, part)
  const packed = Math.max(1, Math.round(10 * share)) * MB
  mkdirSync(join(root, 'pictures'))
  for (let i = 0; i < 80; i++) bytes += fillLarge(join(root, 'pictures', `p${i}.bin`), packed, random)
  return { files: small.files + 84, bytes }
}

function fillLarge(path: string, size: number, next: (length: number) => Buffer): number {
  const fd = openSync(path, 'w')
  for (let at = 0; at < size; ) at += writeSync(fd, next(Math.min(MB, size - at)).subarray(0, size - at))
  closeSync(fd)
  return size
}

/** 600 JSON files of 208 MB. */
export function fillB(root: string, share: number): Filled {
  return fillSmall(root, { seed: 'B', count: 600, from: 20_000, to: 1_500_000 }, 208 * MB * share)
}

/** As many names as are asked for, and next to nothing in them. */
export function fillTiny(root: string, count: number): Filled {
  return fillSmall(root, { seed: 'tiny', count, from: 200, to: 900 })
}
