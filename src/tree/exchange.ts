// Exchanges two trees in one step of the kernel (renameat2 RENAME_EXCHANGE), so that the path always shows one of them, whole. Node has no such
// call; three programs have. Names go through held descriptors, and inodes are compared before and after (backup.md §0).
import { closeSync, constants, mkdirSync, openSync, rmdirSync } from 'node:fs'
import { SekishoError } from '../base/error.ts'
import type { ProcessResult, run } from '../sys/process.ts'
import { below, errorAt, lookFor, statOf, telling } from './openat.ts'

export const WAYS = ['mv', 'exch', 'perl'] as const
export type Way = (typeof WAYS)[number]

/** renameat2 by architecture, as node names them. */
export const CALL: Readonly<Record<string, number>> = {
  x64: 316,
  arm64: 276,
  riscv64: 276,
  ppc64: 357,
  s390x: 347,
}
const EXCHANGE = 2
/** Flags of open(2), the same on every Linux architecture that node supports. */
const O_PATH = 0o10000000
export const FIRST = '/proc/self/fd/3/'
export const SECOND = '/proc/self/fd/4/'
const TRIED = ['.sekisho-exchange-a', '.sekisho-exchange-b'] as const

/** One of the two names: in a directory that is held open, with its path for messages. */
export interface Place {
  readonly fd: number
  readonly name: string
  readonly path: string
}

function argvOf(way: Way, a: string, b: string, architecture: string): readonly string[] | undefined {
  const from = `${FIRST}${a}`
  const to = `${SECOND}${b}`
  switch (way) {
    case 'mv':
      return ['mv', '--exchange', '-T', '--', from, to]
    case 'exch':
      return ['exch', from, to]
    case 'perl': {
      const call = CALL[architecture]
      if (call === undefined) return undefined
      // AT_FDCWD is ignored for absolute paths. perl prints the errno in words, as the other programs do.
      const script = `my ($a, $b) = @ARGV; syscall(${call}, -100, $a, -100, $b, ${EXCHANGE}) == 0 or die "exchange: $!\\n"`
      return ['perl', '-e', script, from, to]
    }
  }
}

/** Finds the first way that works here, by exchanging two empty directories of ours. Throws backup.exchange_unavailable. */
export async function chooseExchange(
  process: typeof run,
  directory: { readonly fd: number; readonly path: string },
  architecture: string,
  ways: readonly Way[] = WAYS,
): Promise<Way> {
  const [a, b] = TRIED
  const names = [Buffer.from(a), Buffer.from(b)]
  const tried: string[] = []
  try {
    for (const name of names)
      if (lookFor(directory.fd, name) === undefined)
        telling(directory.fd, name, () => mkdirSync(below(directory.fd, name), 0o700))
    for (const way of ways) {
      const place = (name: string): Place => ({ fd: directory.fd, name, path: `${directory.path}/${name}` })
      const failed = await exchange(process, way, place(a), place(b), architecture).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (failed === undefined) return way
      tried.push(`${way} (${(failed as SekishoError).code ?? String(failed)})`)
    }
  } catch (cause) {
    throw errorAt(directory.path, cause)
  } finally {
    for (const name of names)
      if (lookFor(directory.fd, name) !== undefined) rmdirSync(below(directory.fd, name))
  }
  throw new SekishoError('backup.exchange_unavailable', { path: directory.path, tried })
}

/**
 * Exchanges what stands at two names. Throws backup.exchange_* with the errno. After any of them but exchange_moved both are where they were.
 * It is durable only after the caller has synced both directories.
 */
export async function exchange(
  process: typeof run,
  way: Way,
  a: Place,
  b: Place,
  architecture: string,
): Promise<void> {
  const heldA = hold(a)
  try {
    const heldB = hold(b)
    try {
      const argv = argvOf(way, a.name, b.name, architecture)
      if (argv === undefined)
        throw new SekishoError('backup.exchange_unavailable', { path: a.path, tried: [way] })
      const result = await process(argv, { descriptors: [a.fd, b.fd], timeoutMs: 60_000 })
      const done = stands(a, heldB) && stands(b, heldA)
      if (done) return
      if (stands(a, heldA) && stands(b, heldB)) throw notDone(way, a, result)
      throw new SekishoError('backup.exchange_moved', { path: stands(a, heldB) ? b.path : a.path })
    } finally {
      closeSync(heldB)
    }
  } finally {
    closeSync(heldA)
  }
}

/** Tries the ways in order, without a test before: a test needs space, and a full disk can be the reason for the restore. */
export async function exchangeAnyway(
  process: typeof run,
  a: Place,
  b: Place,
  architecture: string,
  ways: readonly Way[] = WAYS,
): Promise<void> {
  const tried: string[] = []
  for (const way of ways)
    try {
      await exchange(process, way, a, b, architecture)
      return
    } catch (cause) {
      // Only this error shows that both are where they were, so another way may be tried.
      if (!(cause instanceof SekishoError) || cause.code !== 'backup.exchange_unavailable') throw cause
      tried.push(`${way}: ${String(cause.detail['tried'])}`)
    }
  throw new SekishoError('backup.exchange_unavailable', { path: a.path, tried })
}

export function hold({ fd, name, path }: Place): number {
  try {
    // O_PATH: opening a pipe without a writer would hang.
    return openSync(below(fd, Buffer.from(name)), O_PATH | constants.O_NOFOLLOW)
  } catch (cause) {
    throw errorAt(path, cause)
  }
}

/** True where the name still has this inode. */
function stands({ fd, name }: Place, held: number): boolean {
  const there = lookFor(fd, Buffer.from(name))
  const stat = statOf(held)
  return there !== undefined && there.ino === stat.ino && there.dev === stat.dev
}

function notDone(way: Way, { path }: Place, result: ProcessResult): SekishoError {
  const said = result.stderr
  if (said.includes('Device or resource busy')) return new SekishoError('backup.exchange_busy', { path })
  if (said.includes('Invalid cross-device link'))
    return new SekishoError('backup.exchange_other_volume', { path })
  if (said.includes('Directory not empty')) return new SekishoError('backup.exchange_not_empty', { path })
  const why = result.notStarted ?? said.trim().slice(0, 200)
  return new SekishoError('backup.exchange_unavailable', { path, tried: [`${way}: ${why}`] })
}
