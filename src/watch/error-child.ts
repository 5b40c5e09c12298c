// `watch errors`: counts the errors of one log in a process that has no rights: it gets open files and what was kept, and answers what is
// kept now. It opens nothing, writes nothing, and ends.
import { createHash } from 'node:crypto'
import { createReadStream, fstatSync, readSync } from 'node:fs'
import { PassThrough, pipeline, type Readable, type Writable } from 'node:stream'
import { constants, createGunzip, createZstdDecompress, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { ErrorScan } from '../checks/error-scan.ts'
import type { CountAnswer, CountOrder, Generation, LogState } from '../checks/log-state.ts'
import { systemClock } from '../sys/clock.ts'
import { start } from '../sys/process.ts'

const HEAD = 1024
const CHUNK = 1_048_576
/** A compressed file that unfolds to more is not read to its end. */
const UNFOLDED_LIMIT = 8 * 1024 ** 3
const GENERATIONS = 60

export async function errorLife(): Promise<number> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  // Written by our own parent.
  const order = JSON.parse(Buffer.concat(chunks).toString('utf8')) as CountOrder
  const answer = await countFiles(order)
  await new Promise<void>((resolve) => process.stdout.write(JSON.stringify(answer), () => resolve()))
  return 0
}

/** Forms that node cannot unfold by itself: a program of the host does, without any right, from its input to its output. */
const TOOLS = {
  xz: { magic: [0xfd, 0x37, 0x7a, 0x58], name: /\.xz$/ },
  bzip2: { magic: [0x42, 0x5a, 0x68], name: /\.bz2$/ },
  lz4: { magic: [0x04, 0x22, 0x4d, 0x18], name: /\.lz4$/ },
} as const
type Tool = keyof typeof TOOLS
const isTool = (fold: Opened['fold']): fold is Tool => fold in TOOLS

interface Opened {
  readonly fd: number
  readonly device: string
  readonly inode: string
  readonly size: number
  readonly mtimeMs: number
  readonly fold: 'none' | 'gzip' | 'zstd' | Tool
  readonly mark: string
}

export async function countFiles(order: CountOrder): Promise<CountAnswer> {
  const { since, now, withinMs } = order
  // A window that begins earlier than what was counted is counted anew.
  const before = order.state !== undefined && order.state.from <= since ? order.state : undefined
  const until = systemClock.now() + withinMs
  const open = new Map<number, number>()
  const kept = [...(before?.generations ?? [])]
  const generations: Generation[] = []
  const seen = { lines: before?.lines ?? false, stamped: before?.stamped ?? false }
  let [whole, readBytes, leftBytes] = [true, 0, 0]
  for (const { fd, name } of order.files) {
    const file = openedOf(fd, name)
    if (file === undefined) {
      whole = false
      continue
    }
    const counted = kept.findIndex(({ done }) => done === file.mark)
    const ended = counted === -1 ? undefined : kept.splice(counted, 1)[0]
    if (ended !== undefined) {
      generations.push(ended)
      continue
    }
    const head = await headOf(file)
    if (head === undefined) {
      if (file.mtimeMs >= since) whole = false
      continue
    }
    const known = takeKnown(kept, file, head)
    if (file.mtimeMs < since) {
      if (known !== undefined) generations.push(known)
      continue
    }
    // Shorter than what was counted: it was written anew.
    const goesOn = known !== undefined && (file.fold !== 'none' || file.size >= known.offset)
    const from = goesOn ? known.offset : 0
    // What was counted of the former one stays counted.
    if (known !== undefined && !goesOn) kept.push(known)
    const counts = new Map(goesOn ? known.counts.filter(([second]) => second * 1000 + 999 >= since) : [])
    const lost = new Map(goesOn ? (known.lost ?? []).filter(([second]) => second * 1000 + 999 >= since) : [])
    const own = new Map(goesOn ? (known.own ?? []).filter(([second]) => second * 1000 + 999 >= since) : [])
    const scan = new ErrorScan(since, now, order.addresses)
    const read = await readInto(scan, file, from, until)
    readBytes += read.bytes
    leftBytes += read.left
    if (!read.whole) whole = false
    const offset = from + read.bytes - scan.pending
    merge(counts, scan.counts)
    merge(lost, scan.lost)
    merge(own, scan.own)
    const isEnd = read.whole && scan.pending > 0
    const atEnd = new Map(scan.counts)
    if (isEnd) {
      scan.end()
      for (const [second, count] of scan.counts) {
        const more = count - (atEnd.get(second) ?? 0)
        if (more > 0) open.set(second, (open.get(second) ?? 0) + more)
      }
    }
    seen.lines ||= scan.lines
    seen.stamped ||= scan.stamped
    const unjudged = Math.max(scan.unjudged ?? 0, goesOn ? (known.unjudgedMs ?? 0) : 0)
    if (unjudged >= since) whole = false
    generations.push({
      head: sha(head),
      headBytes: head.length,
      device: file.device,
      inode: file.inode,
      offset,
      counts: [...counts].sort(([a], [b]) => a - b),
      ...(lost.size === 0 ? {} : { lost: [...lost].sort(([a], [b]) => a - b) }),
      ...(own.size === 0 ? {} : { own: [...own].sort(([a], [b]) => a - b) }),
      ...(file.fold !== 'none' && read.whole ? { done: file.mark } : {}),
      writtenMs: Math.floor(file.mtimeMs),
      ...(unjudged === 0 ? {} : { unjudgedMs: Math.floor(unjudged) }),
    })
  }
  const gone = goneOf(kept, since)
  if (gone.some(({ done }) => done === undefined)) whole = false
  const state: LogState = {
    v: 1,
    from: before?.from ?? since,
    generations: [...gone, ...generations].slice(-GENERATIONS),
    ...seen,
  }
  return { v: 1, state, whole, open: [...open], readBytes, leftBytes }
}

/** Emptied, moved or deleted since it was counted: its errors of the window count on, and what was written after that count is not known. */
function goneOf(kept: readonly Generation[], since: number): readonly Generation[] {
  return kept.flatMap((one): Generation[] => {
    const counts = one.counts.filter(([second]) => second * 1000 + 999 >= since)
    const isOld = one.writtenMs === undefined ? counts.length === 0 : one.writtenMs < since
    return isOld || (one.done !== undefined && counts.length === 0) ? [] : [{ ...one, counts }]
  })
}

const merge = (into: Map<number, number>, more: ReadonlyMap<number, number>) => {
  for (const [second, count] of more) into.set(second, (into.get(second) ?? 0) + count)
}
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

function openedOf(fd: number, name: string): Opened | undefined {
  try {
    const stat = fstatSync(fd, { bigint: true })
    const magic = Buffer.alloc(4)
    readSync(fd, magic, 0, 4, 0)
    const tool = (Object.keys(TOOLS) as Tool[]).find((one) =>
      TOOLS[one].magic.every((byte, i) => magic[i] === byte),
    )
    const fold =
      magic.readUInt16BE(0) === 0x1f8b
        ? 'gzip'
        : magic.readUInt32BE(0) === 0x28b52ffd
          ? 'zstd'
          : (tool ?? 'none')
    // Its name says that it is compressed, and its bytes are nothing that we can unfold: they are no lines.
    if (fold === 'none' && Object.values(TOOLS).some((one) => one.name.test(name))) return undefined
    return {
      fd,
      device: String(stat.dev),
      inode: String(stat.ino),
      size: Number(stat.size),
      mtimeMs: Number(stat.mtimeMs),
      fold,
      mark: `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs}`,
    }
  } catch {
    return undefined
  }
}

/** Its first bytes, unfolded; undefined where they cannot be unfolded. A block of zstd holds at most 128 KiB. */
async function headOf(file: Opened): Promise<Buffer | undefined> {
  const { fd, fold } = file
  if (isTool(fold)) return headByTool(file)
  const piece = Buffer.alloc(fold === 'none' ? HEAD : fold === 'gzip' ? 4 * HEAD : 256 * HEAD)
  const bytes = piece.subarray(0, readSync(fd, piece, 0, piece.length, 0))
  try {
    if (fold === 'none') return bytes
    return fold === 'gzip'
      ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, HEAD)
      : zstdDecompressSync(bytes, {
          finishFlush: constants.ZSTD_e_continue,
          maxOutputLength: 64 * 1_048_576,
        }).subarray(0, HEAD)
  } catch {
    return undefined
  }
}

/** The generation that this file is, taken out of the list: the same inode first, then whoever begins alike. */
function takeKnown(kept: Generation[], file: Opened, head: Buffer): Generation | undefined {
  const begins = (one: Generation) =>
    one.headBytes <= head.length && sha(head.subarray(0, one.headBytes)) === one.head
  const same = kept.findIndex((one) => one.inode === file.inode && one.device === file.device && begins(one))
  const at = same === -1 ? kept.findIndex((one) => one.headBytes > 0 && begins(one)) : same
  return at === -1 ? undefined : kept.splice(at, 1)[0]
}

async function headByTool(file: Opened): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  const stream = unfold(file, 0)
  try {
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer)
      if (chunks.reduce((sum, { length }) => sum + length, 0) >= HEAD) break
    }
  } catch {
    return undefined // The program is not there, or the bytes are not what they seem.
  } finally {
    stream.destroy()
  }
  return Buffer.concat(chunks).subarray(0, HEAD)
}

/** The output of a program that unfolds; it fails where the program does. */
function byProgram(tool: Tool, raw: Readable): Readable {
  const child = start([tool, '-dc'], { env: {}, stdio: ['pipe', 'pipe', 'ignore'] })
  const [input, output] = [child.stdin as Writable, child.stdout as Readable]
  input.on('error', () => raw.destroy())
  pipeline(raw, input, () => {})
  const checked = new PassThrough({ highWaterMark: CHUNK })
  output.pipe(checked, { end: false })
  child.on('error', (error) => checked.destroy(error))
  child.on('close', (code) => {
    if (code === 0) checked.end()
    else checked.destroy(new Error(`${tool} ended with ${code ?? 'a signal'}`))
  })
  checked.on('close', () => child.kill('SIGKILL'))
  return checked
}

function unfold(file: Opened, from: number): Readable {
  const raw = createReadStream('', { fd: file.fd, start: from, autoClose: false, highWaterMark: CHUNK })
  if (file.fold === 'none') return raw
  if (isTool(file.fold)) return byProgram(file.fold, raw)
  const through =
    file.fold === 'gzip' ? createGunzip({ chunkSize: CHUNK }) : createZstdDecompress({ chunkSize: CHUNK })
  return pipeline(raw, through, () => {})
}

/** From an offset of the unfolded bytes to the end, or until the time is over. */
async function readInto(
  scan: ErrorScan,
  file: Opened,
  from: number,
  until: number,
): Promise<{ readonly bytes: number; readonly left: number; readonly whole: boolean }> {
  const isPlain = file.fold === 'none'
  const stream = unfold(file, isPlain ? from : 0)
  let skip = isPlain ? 0 : from
  let bytes = 0
  try {
    for await (const chunk of stream) {
      const all = chunk as Buffer
      const rest = skip > 0 ? all.subarray(Math.min(skip, all.length)) : all
      skip -= all.length - rest.length
      if (rest.length === 0) continue
      scan.add(rest.toString('latin1'))
      bytes += rest.length
      const isOver = systemClock.now() > until || bytes > UNFOLDED_LIMIT
      if (isOver && (!isPlain || from + bytes < file.size))
        return { bytes, left: isPlain ? file.size - from - bytes : file.size, whole: false }
    }
    return { bytes, left: 0, whole: true }
  } catch {
    return { bytes, left: 0, whole: false }
  } finally {
    stream.destroy()
  }
}
