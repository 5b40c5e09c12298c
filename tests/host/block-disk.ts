// A whole disk of a test's own, by zram: unlike a file behind a loop device it shares no disk with anything else, which is what a copy must do to count.
import { mkdtemp, readFile, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../until.ts'
import { must } from './place.ts'

const CONTROL = '/sys/class/zram-control'

export interface BlockDisk {
  readonly device: string
  readonly major: number
  readonly minor: number
  /** Where it is mounted on the machine: hosts take it from there by a bind. */
  readonly path: string
  /** Waits until nobody holds it, and gives its memory back. */
  close(): Promise<void>
}

/** An ext4 of so many megabytes. Its memory is taken as it is written. */
export async function openBlockDisk(megabytes: number): Promise<BlockDisk> {
  const id = (await readFile(`${CONTROL}/hot_add`, 'utf8')).trim()
  const device = `/dev/zram${id}`
  await writeFile(`/sys/block/zram${id}/disksize`, `${megabytes}M`)
  await must(['mkfs.ext4', '-q', '-m', '0', device])
  const path = await mkdtemp(join(tmpdir(), 'sekisho-block-'))
  await must(['mount', device, path])
  await must(['chmod', '755', path])
  const numbers = (await readFile(`/sys/block/zram${id}/dev`, 'utf8')).trim().split(':').map(Number)
  const [major = 0, minor = 0] = numbers
  return {
    device,
    major,
    minor,
    path,
    close: async () => {
      await must(['umount', path])
      await rmdir(path)
      await until(`${device} to be let go`, 20_000, () =>
        writeFile(`${CONTROL}/hot_remove`, id).then(
          () => true,
          () => undefined,
        ),
      )
    },
  }
}
