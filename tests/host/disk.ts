// A disk of a test's own: a file system in a file, by a loop device. It can be filled to the last byte, and its power can be cut.
import { spawnSync } from 'node:child_process'
import { mkdirSync, statfsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../src/sys/process.ts'
import { note } from '../left-over.ts'

export interface Disk extends AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string
  freeBytes(): number
  /** Somebody else takes all but so many bytes. */
  fill(leave: number): void
  empty(): Promise<void>
  /** Waits until so much is free: xfs gives room back in its own time. Throws where it never is. */
  freed(bytes: number): Promise<void>
  /** Everything that was not synced is gone; nothing can be read or written until `boot`. xfs alone. */
  cut(): Promise<void>
  /** Mounted again, by the file system's own recovery. Nobody may have anything open on it. */
  boot(): Promise<void>
}

export async function openDisk(kind: 'ext4' | 'xfs', megabytes: number): Promise<Disk> {
  const base = await mkdtemp(join(tmpdir(), 'sekisho-disk-'))
  note(base)
  const [image, path] = [join(base, 'image'), join(base, 'disk')]
  mkdirSync(path, { mode: 0o755 })
  await must(['truncate', '-s', `${megabytes}M`, image])
  await must(kind === 'ext4' ? ['mkfs.ext4', '-q', '-m', '0', image] : ['mkfs.xfs', '-q', image])
  const mount = () => must(['mount', '-o', 'loop', image, path])
  await mount()
  await must(['chmod', '755', path])
  const filler = join(path, 'filler')
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize
  }
  return {
    path,
    freeBytes,
    fill: (leave) => {
      // As near as its own blocks of bookkeeping let it: what is left over is taken in ever smaller pieces.
      for (let piece = freeBytes() - leave, n = 0; piece >= 4096 && n < 60; n++) {
        const { status } = spawnSync('fallocate', ['-l', String(piece), `${filler}.${n}`])
        const left = freeBytes() - leave
        if (left < 4096) return
        piece = status === 0 ? left : Math.floor(Math.min(piece, left) / 2)
      }
    },
    empty: async () => {
      await must(['sh', '-c', 'rm -f "$0".*', filler])
      await must(['sync', '-f', path])
    },
    freed: (bytes) => patiently(() => Promise.resolve(freeBytes() >= bytes), `${bytes} free bytes`),
    cut: async () => {
      await must(['xfs_io', '-x', '-c', 'shutdown', path])
    },
    boot: async () => {
      await unmount(path, image)
      await mount()
    },
    [Symbol.asyncDispose]: async () => {
      await unmount(path, image)
      await rm(base, { recursive: true })
    },
  }
}

/** What a process that was killed had started may hold it a moment longer, and so may whoever copied the mounts of this machine for himself. */
async function unmount(path: string, image: string): Promise<void> {
  await patiently(
    async () => (await run(['umount', path], { timeoutMs: 60_000 })).code === 0,
    `umount ${path}`,
  )
  // The device goes with the last who knew the mount: before that a mount would show the disk as it was cut.
  await patiently(async () => (await run(['losetup', '-j', image])).stdout === '', `the device of ${image}`)
}

async function patiently(attempt: () => Promise<boolean>, what: string): Promise<void> {
  for (let left = 400; !(await attempt()); left--) {
    if (left === 0) throw new Error(`waited too long for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function must(argv: readonly string[]): Promise<void> {
  const result = await run(argv, { timeoutMs: 120_000 })
  if (result.code !== 0) throw new Error(`${argv.join(' ')}: ${result.notStarted ?? result.stderr}`)
}
