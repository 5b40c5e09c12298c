// One piece of work on the isolation at a time, in this process and among all of them: runner, holder and boot unit take their turns here and
// nowhere else, so that none of them restores a table that another one is taking away.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileError, privateDirectory } from '../sys/files.ts'
import { lockDescriptor } from '../sys/lock.ts'
import type { run } from '../sys/process.ts'

/** A table is loaded in milliseconds; who waits longer than this has met a process that was stopped. */
const WAIT_MS = 10_000

export class Turns {
  readonly #path: string
  readonly #process: typeof run
  #tail: Promise<unknown> = Promise.resolve()

  /** `path`: the file that is locked. The lock ends with the process that holds it. */
  constructor(path: string, process: typeof run) {
    this.#path = path
    this.#process = process
  }

  /** Does the work when nobody else is at it. Not to be called from within such work. Throws runner.journal_held, file.*. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#tail.then(() => this.#locked(work))
    this.#tail = next.catch(() => {})
    return next
  }

  async #locked<T>(work: () => Promise<T>): Promise<T> {
    await privateDirectory(dirname(this.#path))
    const handle = await open(
      this.#path,
      constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW,
      0o600,
    ).catch((cause: unknown) => {
      throw fileError(this.#path, cause)
    })
    try {
      await lockDescriptor(this.#process, handle.fd, WAIT_MS)
      return await work()
    } finally {
      await handle.close()
    }
  }
}
