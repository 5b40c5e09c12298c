// The Unix accounts of an installation by root: the gate's, PostgreSQL's, and that of sekisho-watch. None can log in, none owns code or rules.
import { readFile } from 'node:fs/promises'
import { SekishoError } from '../../base/error.ts'
import { run } from '../../sys/process.ts'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

export interface Accounts {
  readonly gate: Account
  readonly store: Account
  readonly watch: Account
  /** Names that were made just now. */
  readonly made: readonly string[]
}

export const GATE_ACCOUNT = 'sekisho'
export const STORE_ACCOUNT = 'sekisho-db'
export const WATCH_ACCOUNT = 'sekisho-watch'

/** Looks them up and makes what is missing. Twice is once. Throws process.failed, process.missing. */
export async function ensureAccounts(): Promise<Accounts> {
  const made: string[] = []
  const account = async (name: string): Promise<Account> => {
    const there = await lookUp(name)
    if (there !== undefined) return there
    const added = await run([
      'useradd',
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/usr/sbin/nologin',
      '--comment',
      'Sekisho',
      name,
    ])
    if (added.notStarted !== undefined)
      throw new SekishoError('process.missing', { program: 'useradd', why: added.notStarted })
    const now = await lookUp(name)
    if (now === undefined)
      throw new SekishoError('process.failed', { program: 'useradd', why: added.stderr.trim().slice(0, 300) })
    made.push(name)
    return now
  }
  const gate = await account(GATE_ACCOUNT)
  const store = await account(STORE_ACCOUNT)
  const watch = await account(WATCH_ACCOUNT)
  return { gate, store, watch, made }
}

async function lookUp(name: string): Promise<Account | undefined> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((one) => one.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid === undefined || gid === undefined ? undefined : { name, uid: Number(uid), gid: Number(gid) }
}
