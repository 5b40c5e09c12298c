// 1 MiB kept on the journal's volume, so that outcomes and closings can be written when the disk is full (spine §6).
import { open, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory } from '../../sys/files.ts'

export const RESERVE_BYTES = 1_048_576

export class Reserve {
  readonly #path: string
  readonly #directory: string
  constructor(directory: string) {
    this.#directory = directory
    this.#path = join(directory, 'reserve')
  }

  /** Makes it if it is not there in full. False when there is no room for it now. */
  async keep(): Promise<boolean> {
    if (await this.held()) return true
    try {
      const handle = await open(this.#path, 'w', 0o600)
      try {
        await handle.writeFile(Buffer.alloc(RESERVE_BYTES, 0x2e)) // real bytes: a sparse file reserves nothing
        await handle.sync()
      } finally {
        await handle.close()
      }
      return true
    } catch {
      await unlink(this.#path).catch(() => {})
      return false
    }
  }

  async held(): Promise<boolean> {
    const found = await stat(this.#path).catch(() => undefined)
    return found !== undefined && found.size >= RESERVE_BYTES
  }

  /** Gives the space back to the volume. True when there was some. */
  async release(): Promise<boolean> {
    try {
      await unlink(this.#path)
    } catch {
      return false
    }
    await syncDirectory(this.#directory).catch(() => {})
    return true
  }
}
