// Threads that copy and link files while a walk goes on. They take simple cases only: a file of one name, without holes, that was the same
// before and after it was read. Any other file is left undone, and the walk's own thread copies it (read.ts). A file of the source, which
// others may change, is named below its open directory. The destination is ours alone, so a path from its root is safe there.
import { type BigIntStats, closeSync } from 'node:fs'
import type { Digest } from '../base/hash.ts'
import { parted } from './chain.ts'
import { openAgain } from './openat.ts'
import { BATCH_BYTES, openThreads, packed } from './threads.ts'

export type Done =
  | { readonly digest: Digest }
  | { readonly linked: true }
  /** It was not a simple case, or a link could not be made. Nothing exists at its name. */
  | { readonly undone: true }
  /** The kernel's error code, and whether the error was about the destination. Nothing exists at its name. */
  | { readonly failed: string; readonly onTarget: boolean }

/** A request and its answer. */
export interface Ticket {
  readonly done: () => Promise<Done>
}

export interface ToCopy {
  /** The directory of the file, open until `copy` returns. Later a duplicate of our own is used. */
  readonly parent: number
  /** Path in the source. */
  readonly path: Buffer
  readonly stat: BigIntStats
  /** Path below `root`. */
  readonly to: Buffer
}

export interface CopyThreads extends AsyncDisposable {
  copy(file: ToCopy): Ticket
  /** `to`: below `old` and below `root`. The size shows whether the file is whole. */
  link(to: Buffer, size: number): Ticket
  /** Await the result where it is a promise: then enough requests are under way. */
  room(): Promise<unknown> | undefined
  /** Sends what is collected: no more requests will come. */
  send(): void
}

export interface CopyThreadsOptions {
  readonly count: number
  /** The destination directory, open. */
  readonly root: number
  /** The directory of the older snapshot to link from, open. */
  readonly old?: number
  readonly owner: number
  readonly gid?: number
  readonly mode: number
  readonly signal?: AbortSignal
}

/** A limit on requests without an answer, which bounds memory. */
const BATCH_FILES = 128
/** A limit on the directories that one batch holds open. */
const BATCH_DIRECTORIES = 64
const UNDER_WAY = 2

type Shared = Pick<CopyThreadsOptions, 'root' | 'owner' | 'gid' | 'mode'>
interface CopyQuestion extends Shared {
  readonly kind: 'copy'
  readonly parents: readonly number[]
  /** Names below the parents, each ended by a NUL; then as many paths below the root. */
  readonly paths: Uint8Array
  /** Device, inode, size, mtime, ctime of each. */
  readonly stats: BigInt64Array
}
interface LinkQuestion {
  readonly kind: 'link'
  readonly root: number
  readonly old: number
  readonly paths: Uint8Array
  readonly sizes: Float64Array
}
interface Answer {
  /** 64 characters for each file, spaces where it was left undone. For links `1` or `0`. */
  readonly text: string
  readonly failed: ReadonlyMap<number, Failed>
}
interface Failed {
  readonly failed: string
  readonly onTarget: boolean
}

/** Runs in the thread. */
function hand() {
  const fs = process.getBuiltinModule('node:fs')
  const crypto = process.getBuiltinModule('node:crypto')
  const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = fs.constants
  const READ = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
  const MAKE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
  const UNDONE = ' '.repeat(64)
  const chunk = Buffer.allocUnsafeSlow(1_048_576)
  const codeOf = (cause: unknown) => (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN'

  const cut = (paths: Uint8Array): Buffer[] => {
    const bytes = Buffer.from(paths.buffer, paths.byteOffset, paths.length)
    const parts: Buffer[] = []
    for (let from = 0; from < bytes.length; ) {
      const end = bytes.indexOf(0, from)
      parts.push(bytes.subarray(from, end))
      from = end + 1
    }
    return parts
  }
  /** True when the error is about the destination. */
  let onTarget = false
  const writing = <T>(call: () => T): T => {
    onTarget = true
    const made = call()
    onTarget = false
    return made
  }
  const write = (into: number, length: number, position: number) =>
    writing(() => {
      for (let at = 0; at < length; ) at += fs.writeSync(into, chunk, at, length - at, position + at)
    })
  /** Undefined where the file has become shorter. */
  const pour = (fd: number, into: number, size: number): string | undefined => {
    if (size <= chunk.length) {
      for (let at = 0; at < size; ) {
        const got = fs.readSync(fd, chunk, at, size - at, at)
        if (got === 0) return undefined
        at += got
      }
      write(into, size, 0)
      return crypto.hash('sha256', chunk.subarray(0, size), 'hex')
    }
    const hash = crypto.createHash('sha256')
    for (let at = 0; at < size; ) {
      const got = fs.readSync(fd, chunk, 0, Math.min(chunk.length, size - at), at)
      if (got === 0) return undefined
      hash.update(chunk.subarray(0, got))
      write(into, got, at)
      at += got
    }
    return hash.digest('hex')
  }

  const copyOne = (from: Buffer, to: Buffer, expected: BigInt64Array, shared: Shared): string => {
    const fd = fs.openSync(from, READ)
    try {
      const isAsSeen = () => {
        const { dev, ino, size, mtimeNs, ctimeNs } = fs.fstatSync(fd, { bigint: true })
        return (
          BigInt.asIntN(64, dev) === expected[0] &&
          BigInt.asIntN(64, ino) === expected[1] &&
          size === expected[2] &&
          mtimeNs === expected[3] &&
          ctimeNs === expected[4]
        )
      }
      if (!isAsSeen()) return UNDONE
      // Mode 0600 from the beginning.
      const into = writing(() => fs.openSync(to, MAKE, shared.mode & 0o600))
      let isMade = false
      try {
        const digest = pour(fd, into, Number(expected[2]))
        if (digest === undefined || !isAsSeen()) return UNDONE
        writing(() => {
          if (shared.gid !== undefined) {
            fs.fchownSync(into, shared.owner, shared.gid)
            fs.fchmodSync(into, shared.mode)
          }
          const seconds = Number(expected[3]) / 1e9
          fs.futimesSync(into, seconds, seconds)
        })
        isMade = true
        return digest
      } finally {
        fs.closeSync(into)
        if (!isMade) fs.unlinkSync(to)
      }
    } finally {
      fs.closeSync(fd)
    }
  }

  const copy = (question: CopyQuestion): Answer => {
    const { parents, paths, stats, root } = question
    const parts = cut(paths)
    const start = Buffer.from(`/proc/self/fd/${root}/`)
    const failed = new Map<number, Failed>()
    let text = ''
    for (const [i, parent] of parents.entries())
      try {
        onTarget = false
        const from = Buffer.concat([Buffer.from(`/proc/self/fd/${parent}/`), parts[i] as Buffer])
        const to = Buffer.concat([start, parts[parents.length + i] as Buffer])
        text += copyOne(from, to, stats.subarray(5 * i, 5 * i + 5), question)
      } catch (cause) {
        text += UNDONE
        failed.set(i, { failed: codeOf(cause), onTarget })
      }
    return { text, failed }
  }

  const link = ({ root, old, paths, sizes }: LinkQuestion): Answer => {
    const [here, there] = [root, old].map((fd) => Buffer.from(`/proc/self/fd/${fd}/`)) as [Buffer, Buffer]
    // The file is gone, has the file system's maximum of links, is on another file system, or is immutable.
    const passed = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EMLINK', 'EXDEV', 'EPERM']
    const failed = new Map<number, Failed>()
    let text = ''
    for (const [i, path] of cut(paths).entries())
      try {
        const from = Buffer.concat([there, path])
        const stat = fs.lstatSync(from, { throwIfNoEntry: false })
        const isWhole = stat?.isFile() === true && stat.size === sizes[i]
        if (isWhole) fs.linkSync(from, Buffer.concat([here, path]))
        text += isWhole ? '1' : '0'
      } catch (cause) {
        text += '0'
        const code = codeOf(cause)
        if (!passed.includes(code)) failed.set(i, { failed: code, onTarget: true })
      }
    return { text, failed }
  }
  return (question: CopyQuestion | LinkQuestion) => ({
    answer: question.kind === 'copy' ? copy(question) : link(question),
    give: [],
  })
}

export function openCopyThreads(options: CopyThreadsOptions): CopyThreads {
  const { count, root, old, owner, gid, mode, signal } = options
  const shared = { root, owner, mode, ...(gid === undefined ? {} : { gid }) }
  const threads = openThreads<CopyQuestion | LinkQuestion, Answer>(count, hand, signal)
  const underWay = new Set<Promise<void>>()
  let copying = openBatch<ToCopy>()
  let linking = openBatch<{ readonly to: Buffer; readonly size: number }>()
  /** The current batch: each directory once, in the order of the walk. */
  let held: number[] = []
  let parents: number[] = []
  let above: Buffer | undefined
  let bytes = 0

  const ask = (question: CopyQuestion | LinkQuestion, settle: () => void): Promise<Answer> => {
    const answered = threads.ask(question).finally(settle)
    // Only the requests of this batch receive the failure.
    const over: Promise<void> = answered.then(
      () => void underWay.delete(over),
      () => void underWay.delete(over),
    )
    underWay.add(over)
    return answered
  }
  const sendCopies = () => {
    const { files, settle } = copying
    if (files.length === 0) return
    const stats = new BigInt64Array(5 * files.length)
    for (const [i, { stat }] of files.entries())
      stats.set([stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs], 5 * i)
    const names = files.map(({ path }) => parted(path).name)
    const paths = packed([...names, ...files.map(({ to }) => to)])
    const directories = held
    const question = { kind: 'copy' as const, ...shared, parents, paths, stats }
    settle(
      ask(question, () => {
        for (const fd of directories) closeSync(fd)
      }),
    )
    copying = openBatch()
    held = []
    parents = []
    above = undefined
    bytes = 0
  }
  const sendLinks = () => {
    const { files, settle } = linking
    if (files.length === 0 || old === undefined) return
    const paths = packed(files.map(({ to }) => to))
    const sizes = Float64Array.from(files, ({ size }) => size)
    settle(ask({ kind: 'link', root, old, paths, sizes }, () => {}))
    linking = openBatch()
  }
  const send = () => {
    sendCopies()
    sendLinks()
  }
  return {
    copy: (file) => {
      const { directory } = parted(file.path)
      if (above?.equals(directory) !== true) {
        held.push(openAgain(file.parent))
        above = directory
      }
      parents.push(held.at(-1) as number)
      const ticket = copying.add(file, copiedOf)
      bytes += Number(file.stat.size)
      if (parents.length >= BATCH_FILES || held.length >= BATCH_DIRECTORIES || bytes >= BATCH_BYTES)
        sendCopies()
      return ticket
    },
    link: (to, size) => {
      const ticket = linking.add({ to, size }, linkedOf)
      if (linking.files.length >= BATCH_FILES) sendLinks()
      return ticket
    },
    room: () => (underWay.size < UNDER_WAY * count ? undefined : Promise.race(underWay)),
    send,
    [Symbol.asyncDispose]: async () => {
      for (const fd of held) closeSync(fd)
      await threads[Symbol.asyncDispose]()
    },
  }
}

/** Its tickets wait for what `settle` is given. */
function openBatch<File>() {
  const files: File[] = []
  const { promise, resolve: settle } = Promise.withResolvers<Answer>()
  promise.catch(() => {})
  return {
    files,
    settle: (answered: Promise<Answer>) => settle(answered),
    add: (file: File, read: (answer: Answer, at: number) => Done): Ticket => {
      const at = files.push(file) - 1
      return { done: async () => read(await promise, at) }
    },
  }
}

function copiedOf({ text, failed }: Answer, at: number): Done {
  const why = failed.get(at)
  if (why !== undefined) return why
  const digest = text.slice(64 * at, 64 * at + 64)
  return digest.startsWith(' ') ? { undone: true } : { digest: digest as Digest }
}

function linkedOf({ text, failed }: Answer, at: number): Done {
  const why = failed.get(at)
  if (why !== undefined) return why
  return text[at] === '1' ? { linked: true } : { undone: true }
}
