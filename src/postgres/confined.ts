// The walls around a throw-away cluster: the sandbox in which unapproved files are tried (try/), for a server that lives as long as its work. It has its own
// ids, processes, network and /tmp, sees the system's programs and its own directory, and all that it has started dies with it.
import { closeSync, openSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { coverInherited, machine, openScratch, sandboxAvailable } from '../sandbox/sandbox.ts'
import { type Limits as Bounds, ONE_ID, type Sandbox, sandboxArgv } from '../sandbox/sandbox-argv.ts'
import { ownerInside, withIds } from '../sandbox/sandbox-ids.ts'
import { seccompProgram } from '../sandbox/seccomp.ts'
import { run } from '../sys/process.ts'
import { type Launched, launch } from './launch.ts'
import type { Account, Limits } from './types.ts'

/** Where its own directory is seen from inside. */
export const INSIDE = '/cluster'

/** It works for an hour on what a database is: time and space are counted by who orders the work. */
const BOUNDS: Bounds = {
  processes: 64,
  files: '1024',
  fileBytes: Number.MAX_SAFE_INTEGER,
  memoryBytes: 8 * 2 ** 30,
  cpuSeconds: 86_400,
}

export interface Confined {
  /** Whose its files are outside: no account of the machine where there are user namespaces. */
  readonly as: Account
  /** Starts a program inside: `data` and `socket` of the place are all that it may write. */
  launch(argv: readonly string[], limits: Limits): Promise<Launched>
}

let known: Promise<Sandbox> | undefined

/** Tried once in the life of this process. Throws backup.db_scratch_failed where this machine puts up no walls. */
async function sandboxOf(scratch: string): Promise<Sandbox> {
  known ??= (async () => {
    await openScratch(scratch)
    const found = await sandboxAvailable({ process: run, scratch, uid: process.geteuid?.() ?? -1 })
    if (!found.available) throw new SekishoError('backup.db_scratch_failed', { why: `sandbox: ${found.why}` })
    return found.sandbox
  })()
  known.catch(() => {
    known = undefined
  })
  return known
}

/** `place`: a directory of ours that others can pass through; what is made in it for the walls lies in `walls`. */
export async function withConfined<T>(place: string, work: (confined: Confined) => Promise<T>): Promise<T> {
  const sandbox = await sandboxOf(join(place, 'walls'))
  return withIds((baseUid) => {
    const uid = ownerInside(sandbox.kind, baseUid, ONE_ID) ?? process.geteuid?.() ?? -1
    const gid = ownerInside(sandbox.kind, baseUid, ONE_ID) ?? process.getegid?.() ?? -1
    return work({
      as: { name: String(uid), uid, gid },
      launch: (argv, limits) => launchInside(argv, place, { sandbox, baseUid }, limits),
    })
  })
}

/** Root inside may become anybody inside: a server is started as nobody there. */
const AS_NOBODY = [
  'setpriv',
  `--reuid=${ONE_ID}`,
  `--regid=${ONE_ID}`,
  '--clear-groups',
  '--inh-caps=-all',
  '--no-new-privs',
  '--',
] as const

async function launchInside(
  argv: readonly string[],
  place: string,
  { sandbox, baseUid }: { readonly sandbox: Sandbox; readonly baseUid: number },
  limits: Limits,
): Promise<Launched> {
  const architecture = machine()
  if (architecture === undefined)
    throw new SekishoError('backup.db_scratch_failed', { why: `no call filter for ${process.arch}` })
  const walls = join(place, 'walls')
  await mkdir(walls, { recursive: true })
  await chmod(walls, 0o711)
  const shared = async (name: string, text: string) => {
    const path = join(walls, name)
    await writeFile(path, text)
    await chmod(path, 0o644)
    return path
  }
  const hosts = await shared('hosts', '127.0.0.1 localhost\n')
  const nameSwitch = await shared('nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files\n')
  await writeFile(join(walls, 'filter'), seccompProgram(architecture), { mode: 0o600 })
  const opened: number[] = [openSync(join(walls, 'filter'), 'r'), openSync('/dev/null', 'w')]
  try {
    const rest = coverInherited(opened)
    const [filter = -1, status = -1] = opened
    return launch(
      [
        // It may be large, and is ended before us when memory is short.
        'choom',
        '-n',
        '500',
        '--',
        ...sandboxArgv({
          sandbox,
          argv: sandbox.kind === 'mapped' ? [...AS_NOBODY, ...argv] : argv,
          mounts: ['data', 'socket'].map((name) => ({
            kind: 'bind',
            from: join(place, name),
            to: `${INSIDE}/${name}`,
            writable: true,
          })),
          hosts,
          nameSwitch,
          limits: { ...BOUNDS, files: `${1024 + rest.length}` },
          baseUid,
          // Process 1 is bubblewrap's own: it changes no id, so it dies with us, and all others with it.
          asPid1: false,
        }),
      ],
      { ...limits, descriptors: [filter, status, ...rest] },
    )
  } finally {
    for (const descriptor of opened) closeSync(descriptor)
  }
}
