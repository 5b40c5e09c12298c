// `watch locks`: reads lock files and archives of advisories in a process without rights: JSON, lines of JSON, either compressed by gzip,
// and the zip archives that osv.dev gives out.
import { fstatSync, readSync } from 'node:fs'
import { gunzipSync, inflateRawSync } from 'node:zlib'
import { affectedBy, isAffected, type Locked, lockedIn } from '../checks/advisories.ts'
import type { LocksAnswer, LocksOrder } from './locks.ts'

const FILE_LIMIT = 512 * 1_048_576
const ENTRY_LIMIT = 16 * 1_048_576

export async function locksLife(): Promise<number> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  // Written by our own parent.
  const order = JSON.parse(Buffer.concat(chunks).toString('utf8')) as LocksOrder
  const answer = compare(order)
  await new Promise<void>((resolve) => process.stdout.write(JSON.stringify(answer), () => resolve()))
  return 0
}

function compare({ files }: LocksOrder): LocksAnswer {
  const packages: Locked[] = []
  let loose = 0
  const none = { packages: 0, loose: 0, records: 0, newest: 0, unknown: [], vulnerable: [], uncovered: [] }
  for (const { fd, path } of files.filter(({ kind }) => kind === 'lock')) {
    const found = lockedIn(path, wholeOf(fd)?.toString('utf8') ?? '')
    if (found === undefined) return { ...none, unread: path }
    packages.push(...found.packages)
    loose += found.loose
  }
  const byName = new Map<string, Locked[]>()
  for (const one of packages) {
    const key = `${one.ecosystem} ${one.name}`
    byName.set(key, [...(byName.get(key) ?? []), one])
  }
  const vulnerable = new Set<string>()
  const unknown = new Set<string>()
  let records = 0
  /** Of each ecosystem that a record names. */
  const newestOf = new Map<string, number>()
  for (const { fd, path } of files.filter(({ kind }) => kind === 'archive')) {
    try {
      for (const record of recordsIn(wholeOf(fd))) {
        const { affected, modified = 0 } = affectedBy(record)
        records++
        for (const { ecosystem } of affected)
          newestOf.set(ecosystem, Math.max(modified, newestOf.get(ecosystem) ?? 0))
        for (const by of affected)
          for (const one of byName.get(`${by.ecosystem} ${by.name}`) ?? []) {
            const is = isAffected(one, by)
            if (is === true) vulnerable.add(`${one.name} ${one.version} (${by.id})`)
            else if (is === undefined) unknown.add(`${one.name} ${one.version}`)
          }
      }
    } catch {
      return { ...none, unread: path }
    }
  }
  const wanted = [...new Set(packages.map(({ ecosystem }) => ecosystem))]
  // An archive of npm says nothing of packages of pip.
  const uncovered = wanted.filter((one) => !newestOf.has(one))
  const covered = wanted.flatMap((one) => newestOf.get(one) ?? [])
  return {
    uncovered,
    packages: packages.length,
    loose,
    records,
    newest: covered.length === 0 ? 0 : Math.min(...covered),
    unknown: [...unknown],
    vulnerable: [...vulnerable].sort(),
  }
}

function wholeOf(fd: number): Buffer | undefined {
  const { size } = fstatSync(fd)
  if (size > FILE_LIMIT) return undefined
  const bytes = Buffer.alloc(size)
  let at = 0
  while (at < size) {
    const read = readSync(fd, bytes, at, size - at, at)
    if (read === 0) break
    at += read
  }
  return bytes.subarray(0, at)
}

/** Throws where the bytes are no archive, or end in the middle. */
function* recordsIn(bytes: Buffer | undefined): Generator<unknown> {
  if (bytes === undefined || bytes.length < 2) throw new TypeError('empty')
  if (bytes.readUInt16LE(0) === 0x4b50) {
    for (const entry of unzipped(bytes)) yield JSON.parse(entry.toString('utf8')) as unknown
    return
  }
  const plain = bytes.readUInt16BE(0) === 0x1f8b ? gunzipSync(bytes, { maxOutputLength: FILE_LIMIT }) : bytes
  const text = plain.toString('utf8').trim()
  if (text.startsWith('[')) {
    yield* JSON.parse(text) as readonly unknown[]
    return
  }
  for (const line of text.split('\n')) if (line.trim() !== '') yield JSON.parse(line) as unknown
}

/** By the central directory (APPNOTE 4.3.12), of which 32-bit sizes are read. */
function* unzipped(bytes: Buffer): Generator<Buffer> {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  if (end === -1) throw new TypeError('no end of the directory')
  let at = bytes.readUInt32LE(end + 16)
  for (let left = bytes.readUInt16LE(end + 10); bytes.readUInt32LE(at) === 0x02014b50; left--) {
    const method = bytes.readUInt16LE(at + 10)
    const packed = bytes.readUInt32LE(at + 20)
    const size = bytes.readUInt32LE(at + 24)
    const lengths = bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
    const local = bytes.readUInt32LE(at + 42)
    const name = bytes.toString('utf8', at + 46, at + 46 + bytes.readUInt16LE(at + 28))
    if (size > ENTRY_LIMIT) throw new RangeError(name)
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    const data = bytes.subarray(start, start + packed)
    if (name.endsWith('.json'))
      yield method === 0 ? data : inflateRawSync(data, { maxOutputLength: ENTRY_LIMIT })
    at += 46 + lengths
    if (left < -65_536 * 100 || at + 46 > bytes.length) break
  }
}
