// One host's life: its directory, its first boot, an orderly reboot, a crash, a new disk.
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run, start } from '../../src/sys/process.ts'
import { until } from '../until.ts'
import { type HostPlace, hostPid, LAUNCHER, type Place } from './place.ts'

export interface Bind {
  readonly from: string
  readonly to: string
  readonly access?: 'ro' | 'rw'
}
export interface Disk {
  readonly at: string
  /** As truncate takes it: `64M`. XFS needs 300M or more. */
  readonly size: string
  readonly kind: 'tmpfs' | 'ext4' | 'xfs'
}
export interface HostSpec {
  readonly binds: readonly Bind[]
  readonly disks: readonly Disk[]
}

const BOOT_LIMIT_MS = 60_000

/** The argv that runs a program in a host, in all its namespaces, with a clean environment. */
export function inside(pid: number, argv: readonly string[], user?: string): string[] {
  const as =
    user === undefined || user === 'root'
      ? []
      : [
          'setpriv',
          `--reuid=${user}`,
          `--regid=${user}`,
          '--init-groups',
          '--reset-env',
          '--',
          'env',
          'LANG=C.UTF-8',
        ]
  return [
    'nsenter',
    '-t',
    String(pid),
    '-a',
    '--',
    'env',
    '-i',
    'HOME=/root',
    'USER=root',
    'LANG=C.UTF-8',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...as,
    ...argv,
  ]
}

export async function writeSpec(place: Place, host: HostPlace, spec: HostSpec): Promise<void> {
  await mkdir(host.directory, { recursive: true })
  const put = (name: string, text: string) => writeFile(join(host.directory, name), text)
  await put('name', host.name)
  await put('lower', place.lower)
  await put('cgroup', host.cgroup)
  await put('netns', `/run/netns/${host.netns}`)
  await put('binds', spec.binds.map((bind) => `${bind.from}\t${bind.to}\t${bind.access ?? 'ro'}\n`).join(''))
  await put('disks', spec.disks.map((disk) => `${disk.at}\t${disk.size}\t${disk.kind}\n`).join(''))
  await put('spec.json', JSON.stringify(spec))
}

/** Forgets everything that was written in the host, loop disks included. The host is not running. */
export async function newDisk(host: HostPlace): Promise<void> {
  for (const name of ['upper', 'work', 'root'])
    await rm(join(host.directory, name), { recursive: true, force: true })
  for (const image of await images(host)) await rm(image)
  for (const name of ['upper', 'work', 'root']) await mkdir(join(host.directory, name))
  await rm(join(host.directory, 'boot_id'), { force: true })
}

/** Starts the host and returns when systemd has reached its target with no failed unit. */
export async function boot(host: HostPlace): Promise<number> {
  if (hostPid(host.directory) === undefined) {
    await writeFile(join(host.directory, 'console.log'), '')
    await using log = await open(join(host.directory, 'launcher.log'), 'a')
    const keeper = start([LAUNCHER, 'keep', host.directory], {
      env: {},
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
      cwd: '/',
    })
    keeper.unref()
  }
  return waitUntilUp(host)
}

export async function waitUntilUp(host: HostPlace): Promise<number> {
  const pid = await until(`${host.name} to start`, BOOT_LIMIT_MS, () => {
    const found = hostPid(host.directory)
    return found !== undefined && existsSync(`/proc/${found}/root/run/systemd/private`) ? found : undefined
  }).catch(async (cause: unknown) => {
    const log = await readFile(join(host.directory, 'launcher.log'), 'utf8').catch(() => '')
    throw new Error(`${host.name} did not start: ${log.slice(-2000)}`, { cause })
  })
  const state = (
    await run(inside(pid, ['systemctl', 'is-system-running', '--wait']), { timeoutMs: BOOT_LIMIT_MS })
  ).stdout.trim()
  if (state === 'running') return pid
  const failed = await run(inside(pid, ['systemctl', '--failed', '--no-pager', '--no-legend', '--plain']))
  throw new Error(`${host.name} is ${state}: ${failed.stdout.trim()}`)
}

/** SIGKILL of PID 1, and with it of everything in the host. Its disk stays; so does what the machine's cache holds. */
export async function crash(host: HostPlace): Promise<void> {
  const pid = hostPid(host.directory)
  if (pid !== undefined) process.kill(pid, 'SIGKILL')
  await until(`${host.name} to be gone`, 10_000, () =>
    hostPid(host.directory) === undefined ? true : undefined,
  )
  await until(`the keeper of ${host.name} to end`, 60_000, async () =>
    (await removeCgroup(host.cgroup)) ? true : undefined,
  )
  // The kernel lets go of a mount a moment after its last process: a loop image must not be mounted twice.
  for (const image of await images(host))
    await until(`${image} to be let go`, 10_000, async () =>
      (await run(['losetup', '--associated', image])).stdout === '' ? true : undefined,
    )
}

async function images(host: HostPlace): Promise<string[]> {
  const names = await readdir(host.directory)
  return names.filter((name) => name.startsWith('disk-')).map((name) => join(host.directory, name))
}

/** `systemctl reboot`, and back up again. */
export async function reboot(host: HostPlace): Promise<number> {
  const before = hostPid(host.directory)
  if (before === undefined) throw new Error(`${host.name} is not up`)
  await run(inside(before, ['systemctl', 'reboot'])) // its own end may look like a failed call
  await until(`${host.name} to go down`, BOOT_LIMIT_MS, () => {
    const now = hostPid(host.directory)
    return now === before ? undefined : true
  })
  return waitUntilUp(host)
}

/** True when the cgroup is gone with all below it. */
export async function removeCgroup(path: string): Promise<boolean> {
  if (!existsSync(path)) return true
  await run(['find', path, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+'])
  return !existsSync(path)
}
