// `sekisho down`: asks the `up` of a directory to end, and waits until everything has.
import { isDeepStrictEqual } from 'node:util'
import { SekishoError } from '../../base/error.ts'
import type { Clock } from '../../base/time.ts'
import { fileError } from '../../sys/files.ts'
import { commandOf, holderOf, isHeld } from './hold.ts'

const LIMIT_MS = 90_000

/** Throws gate.not_up, process.timeout. */
export async function down(data: string, clock: Clock): Promise<void> {
  const holder = await holderOf(data)
  if (holder === undefined || !(await isHeld(data))) throw new SekishoError('gate.not_up', { path: data })
  // The lock is held, so the pid beside it is alive; a reused number would not hold it.
  const command = await commandOf(holder.pid)
  if (command !== undefined) askToEnd(holder.pid, data)
  // It gives the lock back a moment before it is gone itself.
  const isThere = async () => command !== undefined && isDeepStrictEqual(await commandOf(holder.pid), command)
  const until = clock.uptime() + LIMIT_MS
  while ((await isHeld(data)) || (await isThere())) {
    if (clock.uptime() > until)
      throw new SekishoError('process.timeout', { program: 'up', limit: `${LIMIT_MS} ms` })
    await clock.sleep(50)
  }
}

function askToEnd(pid: number, data: string): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (cause) {
    // Gone between the two looks is what we want; another user's is not ours to end.
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ESRCH') return
    // EPERM of kill(2) is about who asks, that of a file about the file.
    if (code === 'EPERM')
      throw new SekishoError('file.no_permission', { path: data, why: 'EACCES' }, { cause })
    throw fileError(data, cause)
  }
}
