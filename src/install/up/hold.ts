// One `up` on one directory: a lock that the kernel frees with its holder, and beside it who holds it.
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { isObject } from '../../base/json.ts'
import { writeDurable } from '../../sys/files.ts'
import { run } from '../../sys/process.ts'

export interface Holder {
  readonly pid: number
  /** Of the runner that this `up` started, for the next one to find after a kill. */
  readonly runner?: number
}

export interface Hold {
  tell(holder: Holder): Promise<void>
  release(): Promise<void>
}

const lockFile = (data: string) => join(data, 'up.lock')
const holderFile = (data: string) => join(data, 'up.json')

/** Throws gate.already_up. */
export async function hold(data: string): Promise<Hold> {
  const handle = await open(lockFile(data), 'a', 0o644)
  if (!(await tryLock(handle))) {
    await handle.close()
    throw new SekishoError('gate.already_up', { path: data, pid: (await holderOf(data))?.pid ?? 0 })
  }
  return {
    tell: (holder) => writeDurable(holderFile(data), `${JSON.stringify(holder)}\n`, { mode: 0o644 }),
    release: () => handle.close(),
  }
}

/** Is somebody up in this directory? */
export async function isHeld(data: string): Promise<boolean> {
  let handle: FileHandle
  try {
    handle = await open(lockFile(data), 'r')
  } catch {
    return false // No file, no `up` ever.
  }
  try {
    return !(await tryLock(handle))
  } finally {
    await handle.close()
  }
}

export async function holderOf(data: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(holderFile(data), 'utf8'))
    if (!isObject(value) || typeof value['pid'] !== 'number') return undefined
    return { pid: value['pid'], ...(typeof value['runner'] === 'number' ? { runner: value['runner'] } : {}) }
  } catch {
    return undefined
  }
}

async function tryLock(handle: FileHandle): Promise<boolean> {
  const result = await run(['flock', '-x', '-n', '3'], { descriptors: [handle.fd] })
  if (result.code === 0) return true
  if (result.code === 1) return false
  throw new SekishoError('process.missing', { program: 'flock', why: result.notStarted ?? result.stderr })
}

/** The argv of a living process; undefined when it is gone, or a zombie. */
export async function commandOf(pid: number): Promise<readonly string[] | undefined> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return text === '' ? undefined : text.split('\0').slice(0, -1)
}
