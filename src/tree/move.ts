// Moves a staged file or tree to a free name, and back, with renameat2 RENAME_NOREPLACE: something that appeared there meanwhile is never replaced
// (a plain rename replaces a file, and an empty directory). Two programs have the call; inodes are compared before and after.
import { closeSync, mkdirSync, rmdirSync } from 'node:fs'
import { SekishoError } from '../base/error.ts'
import type { run } from '../sys/process.ts'
import { CALL, FIRST, hold, type Place, SECOND } from './exchange.ts'
import { below, errorAt, lookFor, statOf, telling } from './openat.ts'

/** coreutils has the option since 9.2 and `--no-copy` since 9.4. */
export const MOVES = ['mv', 'perl'] as const
export type MoveWay = (typeof MOVES)[number]
const NOREPLACE = 1
const TRIED = ['.sekisho-move-a', '.sekisho-move-b'] as const

function argvOf(way: MoveWay, a: string, b: string, architecture: string): readonly string[] | undefined {
  const from = `${FIRST}${a}`
  const to = `${SECOND}${b}`
  if (way === 'mv') return ['mv', '--no-clobber', '--no-copy', '-T', '--', from, to]
  const call = CALL[architecture]
  if (call === undefined) return undefined
  const script = `my ($a, $b) = @ARGV; syscall(${call}, -100, $a, -100, $b, ${NOREPLACE}) == 0 or die "move: $!\\n"`
  return ['perl', '-e', script, from, to]
}

/**
 * Moves `from` to `to`. Throws backup.exchange_taken where `to` exists, backup.exchange_unavailable; then nothing was moved.
 * It is durable only after the caller has synced both directories.
 */
export async function move(
  process: typeof run,
  from: Place,
  to: Place,
  architecture: string,
  ways: readonly MoveWay[] = MOVES,
): Promise<void> {
  const held = hold(from)
  const tried: string[] = []
  try {
    for (const way of ways) {
      const argv = argvOf(way, from.name, to.name, architecture)
      if (argv === undefined) continue
      const result = await process(argv, { descriptors: [from.fd, to.fd], timeoutMs: 60_000 })
      if (isAt(to, held)) return
      if (lookFor(to.fd, Buffer.from(to.name)) !== undefined)
        throw new SekishoError('backup.exchange_taken', { path: to.path })
      if (!isAt(from, held)) throw new SekishoError('backup.exchange_moved', { path: from.path })
      tried.push(`${way}: ${(result.notStarted ?? result.stderr.trim()).slice(0, 200)}`)
    }
  } finally {
    closeSync(held)
  }
  throw new SekishoError('backup.exchange_unavailable', { path: to.path, tried })
}

/** Tries the call with an empty directory of ours: there and back, and refused onto an existing one. Throws backup.exchange_unavailable. */
export async function tryMove(
  process: typeof run,
  directory: { readonly fd: number; readonly path: string },
  architecture: string,
): Promise<void> {
  const [a, b] = TRIED.map((name): Place => ({ fd: directory.fd, name, path: `${directory.path}/${name}` }))
  if (a === undefined || b === undefined) return
  const make = ({ fd, name }: Place) => {
    const bytes = Buffer.from(name)
    if (lookFor(fd, bytes) === undefined) telling(fd, bytes, () => mkdirSync(below(fd, bytes), 0o700))
  }
  try {
    make(a)
    await move(process, a, b, architecture)
    await move(process, b, a, architecture)
    make(b)
    const isReplaced = await move(process, a, b, architecture).then(
      () => true,
      (error: unknown) => {
        if (error instanceof SekishoError && error.code === 'backup.exchange_taken') return false
        throw error
      },
    )
    if (isReplaced)
      throw new SekishoError('backup.exchange_unavailable', {
        path: directory.path,
        tried: ['it replaces what is there'],
      })
  } catch (cause) {
    throw errorAt(directory.path, cause)
  } finally {
    for (const name of TRIED.map((one) => Buffer.from(one)))
      if (lookFor(directory.fd, name) !== undefined) rmdirSync(below(directory.fd, name))
  }
}

function isAt({ fd, name }: Place, held: number): boolean {
  const there = lookFor(fd, Buffer.from(name))
  const stat = statOf(held)
  return there !== undefined && there.ino === stat.ino && there.dev === stat.dev
}
