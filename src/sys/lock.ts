// Locks that die with their holder: util-linux `flock` taken on our own open descriptor (spine §7). Nothing strands.
import { SekishoError } from '../base/error.ts'
import type { ProcessResult, run } from './process.ts'

/** By its place, so that no directory is searched in vain: every line of a journal asks. Debian, Fedora, Arch and Alpine agree on it. */
const FLOCK = '/usr/bin/flock'

/** Of `flock`: somebody else holds the lock. */
const TIMED_OUT = 1

/** Waits for the lock of an open file; it is held until the descriptor is closed. Throws runner.journal_held when it stays another's. */
export async function lockDescriptor(
  process: typeof run,
  descriptor: number,
  waitMs = 10_000,
): Promise<void> {
  const result = await process([FLOCK, '-x', '-w', String(waitMs / 1000), '3'], {
    descriptors: [descriptor],
    timeoutMs: waitMs + 5000,
    silent: true,
  })
  if (result.code === TIMED_OUT) throw new SekishoError('runner.journal_held')
  if (result.code !== 0)
    throw new SekishoError('process.failed', {
      program: 'flock',
      why: whyNot(result),
    })
}

/** Takes it now or answers false. */
export async function tryLockDescriptor(process: typeof run, descriptor: number): Promise<boolean> {
  const result = await process([FLOCK, '-x', '-n', '3'], { descriptors: [descriptor], silent: true })
  if (result.code === 0) return true
  if (result.code === TIMED_OUT) return false
  throw new SekishoError('process.failed', {
    program: 'flock',
    why: whyNot(result),
  })
}

/** What it would say is not listened to: pipes cost as much as the lock. Its exit codes are those of sysexits.h; 1 is a time-out. */
function whyNot({ notStarted, signal, code }: ProcessResult): string {
  return notStarted ?? signal ?? `exit ${code}`
}
