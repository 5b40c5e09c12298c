// Where a copy lies, seen from the data: found by looking at devices and by trying, never by what the rules call it (backup.md §0). What cannot be
// told counts as the same disk: a backup that might be lost with its data is none.
import { randomBytes } from 'node:crypto'
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { CopyPlace } from '../backup/level.ts'
import { SekishoError } from '../base/error.ts'
import { isObject, parseJson } from '../base/json.ts'
import type { run } from '../sys/process.ts'
import type { Sources } from './sources.ts'

export interface FoundPlace {
  readonly place: CopyPlace
  /** What was seen, as code and value. */
  readonly seen: Readonly<Record<string, string>>
}

/** File systems whose bytes lie on another machine. */
const REMOTE = new Set(['nfs', 'nfs4', 'cifs', 'smb3', 'ceph', 'glusterfs', 'fuse.sshfs', '9p'])
/** Gone with the machine's memory. */
const MEMORY = new Set(['tmpfs', 'ramfs', 'devtmpfs'])

/** Throws backup.target_missing, backup.target_not_directory. */
export function requireDirectory(path: string, copy: string): void {
  const there = statSync(path, { throwIfNoEntry: false })
  if (there === undefined) throw new SekishoError('backup.target_missing', { path, copy })
  if (!there.isDirectory()) throw new SekishoError('backup.target_not_directory', { path, copy })
}

/** `to`: a directory that is there. A copy that the service itself can erase counts as none. */
export async function placeOfDirectory(
  to: string,
  sources: Sources,
  process: typeof run,
): Promise<FoundPlace> {
  const found = await diskOf(to, sources, process)
  const unlink = await tryUnlink(to, sources, process)
  const place = unlink === 'allowed' ? 'same-disk' : found.place
  return { place, seen: { ...found.seen, unlink } }
}

/** A canary of ours, and each user that writes what is copied told to take it away. `not tried`: it runs as we do, or we may not be somebody else. */
async function tryUnlink(
  to: string,
  sources: Sources,
  process: typeof run,
): Promise<'allowed' | 'refused' | 'not tried'> {
  const own = globalThis.process.geteuid?.()
  const users = sources.users.filter(({ uid }) => uid !== own).map(({ uid, gid }) => ({ uid, gid }))
  if (own !== 0 || users.length === 0) return 'not tried'
  for (const directory of [to, join(to, 'daily')].filter((one) => existsSync(one)))
    for (const user of users) {
      const canary = join(directory, `.sekisho-canary-${randomBytes(6).toString('hex')}`)
      writeFileSync(canary, '', { flag: 'wx', mode: 0o600 })
      try {
        await process(['unlink', canary], { ...user, timeoutMs: 10_000 })
        if (!existsSync(canary)) return 'allowed'
      } finally {
        rmSync(canary, { force: true })
      }
    }
  return 'refused'
}

async function diskOf(to: string, { paths, unknown }: Sources, process: typeof run): Promise<FoundPlace> {
  const type = await fileSystemOf(to, process)
  if (REMOTE.has(type)) return { place: 'off-host', seen: { filesystem: type } }
  if (MEMORY.has(type)) return { place: 'same-disk', seen: { filesystem: type } }
  const target = await disksUnder(to, process)
  const seen = { filesystem: type, disks: [...target].sort().join(' ') || 'unknown' }
  if (target.size === 0) return { place: 'same-disk', seen }
  // With nothing to compare it with, nothing says that it is another one.
  if (unknown !== undefined || paths.length === 0)
    return { place: 'same-disk', seen: { ...seen, with: unknown ?? 'unknown' } }
  for (const source of paths) {
    if (statSync(source).dev === statSync(to).dev)
      return { place: 'same-disk', seen: { ...seen, with: source } }
    const under = await disksUnder(source, process)
    if (under.size === 0 || [...under].some((disk) => target.has(disk)))
      return { place: 'same-disk', seen: { ...seen, with: source } }
  }
  return { place: 'other-disk', seen }
}

async function fileSystemOf(path: string, process: typeof run): Promise<string> {
  const { code, stdout } = await process(['findmnt', '-no', 'FSTYPE', '--target', path], {
    timeoutMs: 10_000,
  })
  return code === 0 ? (stdout.trim().split('\n').at(-1) ?? 'unknown') : 'unknown'
}

/** Names of the disks that the path's volume rests on, through partitions, volume groups, encryption, and files that are mounted as disks. */
async function disksUnder(path: string, process: typeof run, depth = 0): Promise<ReadonlySet<string>> {
  const { code, stdout } = await process(['findmnt', '-nrvo', 'MAJ:MIN,SOURCE', '--target', path], {
    timeoutMs: 10_000,
  })
  const [number = '', device = ''] = (stdout.trim().split('\n').at(-1) ?? '').split(/\s+/)
  if (code !== 0 || !device.startsWith('/dev/')) return new Set()
  // All of them and no device by name: the runner's unit hides the files of /dev, and lsblk asks those for a device that is named.
  const listed = await process(['lsblk', '-sJo', 'NAME,PATH,TYPE,MAJ:MIN'], { timeoutMs: 10_000 })
  if (listed.code !== 0) return new Set()
  const disks = new Set<string>()
  for (const { name, type } of restsOn(listed.stdout, number, device)) {
    if (type === 'disk') disks.add(name)
    if (type !== 'loop') continue
    // A file that is mounted as a disk is lost with the disk that it lies on.
    const file = await readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => '')
    if (file.trim() === '' || depth > 4) return new Set()
    const real = await realpath(file.trim()).catch(() => undefined)
    if (real === undefined) return new Set()
    const below = await disksUnder(real, process, depth + 1)
    if (below.size === 0) return new Set()
    for (const disk of below) disks.add(disk)
  }
  return disks
}

interface BlockDevice {
  readonly name: string
  readonly type: string
}

/** The device with this number or path and all that it rests on, in what `lsblk -sJ` answers. Total: nothing where it is not there. */
export function restsOn(json: string, number: string, path: string): readonly BlockDevice[] {
  const parsed = parseOrNothing(json)
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  const all = (list: unknown): readonly BlockDevice[] =>
    (Array.isArray(list) ? list : [])
      .filter(isObject)
      .flatMap((one) => [{ name: text(one['name']), type: text(one['type']) }, ...all(one['children'])])
  const find = (list: unknown): readonly BlockDevice[] => {
    for (const one of (Array.isArray(list) ? list : []).filter(isObject)) {
      if (text(one['maj:min']) === number || text(one['path']) === path) return all([one])
      const below = find(one['children'])
      if (below.length > 0) return below
    }
    return []
  }
  return isObject(parsed) ? find(parsed['blockdevices']) : []
}

function parseOrNothing(json: string): unknown {
  try {
    return parseJson(json)
  } catch {
    return undefined
  }
}
