// The quick way to copy a tree whose owner nobody has to mistrust: `cp`, and one pass of `chown` for each owner. It is taken where everything belongs to root, whose
// names nobody exchanges under us, or to one account, as which it is then copied: what that account may not read does not come along by an exchanged name.
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { RunProcess } from '../sandbox/sandbox.ts'
import { type Cloned, type CloneRequest, cloneTree } from './clone.ts'

interface Surveyed {
  readonly bytes: number
  readonly files: number
  /** `uid:gid`, each once. */
  readonly owners: readonly string[]
  /** A mount, a device, or a file of several names: the slow way looks at each. */
  readonly special: boolean
}

const TIMEOUT_MS = 900_000
const LIST_BYTES = 268_435_456

/** One walk of the kernel's own tools. Undefined where it could not see everything. */
async function survey(process: RunProcess, from: string): Promise<Surveyed | undefined> {
  const argv = ['find', from, '-printf', '%U:%G %y %n %s %D\n']
  const result = await process(argv, { timeoutMs: TIMEOUT_MS, maxOutput: LIST_BYTES })
  if (result.code !== 0 || result.overflowed) return undefined
  const owners = new Set<string>()
  const devices = new Set<string>()
  let [bytes, files, special] = [0, 0, false]
  for (const line of result.stdout.split('\n')) {
    const [owner = '', type = '', names = '', size = '', device = ''] = line.split(' ')
    if (owner === '') continue
    owners.add(owner)
    devices.add(device)
    if (type === 'f') {
      files += 1
      bytes += Number(size)
      if (names !== '1') special = true
    } else if (type !== 'd' && type !== 'l') special = true
  }
  return { bytes, files, owners: [...owners], special: special || devices.size > 1 }
}

/** By whichever way the tree allows; both make the same. Throws file.* and what the kernel says. */
export async function cloneDirectory(process: RunProcess, request: CloneRequest): Promise<Cloned> {
  const seen = await survey(process, request.from)
  if (seen !== undefined && request.leave.length === 0) request.enough?.(seen)
  try {
    const fast = await cloneFast(process, request, seen)
    if (fast !== undefined) return fast
  } catch {
    // Entry by entry, which tells what is wrong with which.
    request.signal?.throwIfAborted()
    rmSync(request.to, { recursive: true, force: true })
  }
  return cloneTree(request)
}

/** Undefined where the tree must be copied entry by entry. Throws where `cp` failed: what was made is removed by the caller. */
async function cloneFast(
  process: RunProcess,
  request: CloneRequest,
  seen: Surveyed | undefined,
): Promise<Cloned | undefined> {
  const { from, to, leave, owner, limits, signal } = request
  if (owner === undefined) return undefined
  if (seen === undefined || seen.special) return undefined
  const uids = new Set(seen.owners.map((one) => one.split(':')[0]))
  const [uid = ''] = uids
  if (uids.size !== 1 || !lstatSync(from).isDirectory()) return undefined
  if (seen.bytes > limits.bytes || seen.files > limits.files)
    return leave.length > 0
      ? undefined
      : { bytes: seen.bytes, files: seen.files, notCompared: [], over: true }
  const top = lstatSync(from)
  mkdirSync(to, { mode: 0o700 })
  chownSync(to, top.uid, top.gid)
  const as =
    uid === '0'
      ? []
      : ['setpriv', `--reuid=${uid}`, `--regid=${top.gid}`, '--clear-groups', '--no-new-privs', '--']
  const options = { timeoutMs: TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) }
  for (const { directory, names } of wanted(from, leave)) {
    const into = join(to, directory)
    if (directory !== '') {
      const like = lstatSync(join(from, directory))
      mkdirSync(into, { mode: 0o700 })
      chownSync(into, like.uid, like.gid)
      chmodSync(into, like.mode & 0o7777)
    }
    if (names.length === 0) continue
    const copied = await process(
      [
        ...as,
        'cp',
        '--archive',
        '--reflink=auto',
        '--target-directory',
        into,
        '--',
        ...names.map((one) => join(from, directory, one)),
      ],
      options,
    )
    // Another account owns a group that this one is not in, or something was exchanged: entry by entry then.
    if (copied.code !== 0) throw new Error(copied.stderr.trim().split('\n')[0] ?? 'cp')
  }
  chmodSync(to, top.mode & 0o7777)
  for (const one of seen.owners) {
    const [u = 0, g = 0] = one.split(':').map(Number)
    const { uid: newUid, gid: newGid } = owner(u, g)
    const argv = [
      'chown',
      '--recursive',
      '--no-dereference',
      `--from=${one}`,
      `${newUid}:${newGid}`,
      '--',
      to,
    ]
    const given = await process(argv, options)
    if (given.code !== 0) throw new Error(given.stderr.trim().split('\n')[0] ?? 'chown')
  }
  return { bytes: seen.bytes, files: seen.files, notCompared: [], over: false }
}

/** What is copied with one call each: a directory above something that is left out is made, and its other entries are copied. */
function wanted(
  from: string,
  leave: readonly string[],
): readonly { readonly directory: string; readonly names: readonly string[] }[] {
  const out: { directory: string; names: readonly string[] }[] = []
  const pending = ['']
  for (let directory = pending.shift(); directory !== undefined; directory = pending.shift()) {
    const at = directory
    const path = (name: string) => (at === '' ? name : `${at}/${name}`)
    const names = readdirSync(join(from, at)).filter((name) => !leave.includes(path(name)))
    const above = names.filter(
      (name) =>
        leave.some((one) => one.startsWith(`${path(name)}/`)) &&
        lstatSync(join(from, path(name))).isDirectory(),
    )
    out.push({ directory: at, names: names.filter((name) => !above.includes(name)) })
    pending.push(...above.map(path))
  }
  return out
}
