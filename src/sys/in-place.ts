// Another content for a file that has to stay the same one, because it is mounted somewhere: a new file under its name would not be seen there.
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { fileError } from './files.ts'

const FILL = '\n'.charCodeAt(0)

/**
 * Whoever reads meanwhile sees the old lines or the new ones, with empty lines behind them. Room is taken first: where there is none, or writing fails,
 * the old content stands. Undefined where there is no such file. Throws file.*.
 */
export async function rewriteLines(path: string, text: string): Promise<true | undefined> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw fileError(path, cause)
  }
  try {
    const before = await file.readFile()
    const bytes = Buffer.from(text)
    const size = Math.max(before.length, bytes.length)
    const whole = (content: Buffer) => Buffer.concat([content, Buffer.alloc(size - content.length, FILL)])
    try {
      await writeAt(file, Buffer.alloc(size - before.length, FILL), before.length)
      await file.datasync()
      await writeAt(file, whole(bytes), 0)
      await file.truncate(bytes.length)
      await file.sync()
    } catch (cause) {
      await writeAt(file, before, 0).catch(() => {})
      await file.truncate(before.length).catch(() => {})
      throw fileError(path, cause)
    }
    return true
  } finally {
    await file.close()
  }
}

async function writeAt(file: FileHandle, bytes: Buffer, from: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, from + done)).bytesWritten
}
