// A PostgreSQL of its own for the tests, from the machine's programs: a socket in a scratch directory, gone afterwards.
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TestPostgres {
  readonly socket: string
  /** A new, empty database; its MIRAI_DATABASE_URL. */
  database(): string
  /** As psql answers, or undefined when it fails. */
  sql(database: string, statement: string): string | undefined
  stop(): Promise<void>
}

const ROOT = '/usr/lib/postgresql'
/** Why the tests of tables are not run here; false where they are. */
export const LACK = existsSync(ROOT) ? false : `[not run, missing: ${ROOT}]`
const OWNER = 'nobody'
let databases = 0

export async function startPostgres(): Promise<TestPostgres> {
  const major = readdirSync(ROOT)
    .map(Number)
    .sort((a, b) => b - a)[0]
  const bin = join(ROOT, String(major), 'bin')
  const directory = mkdtempSync(join(tmpdir(), 'mirai-pg-'))
  // The server refuses to be root.
  const drop =
    process.getuid?.() === 0 ? ['setpriv', `--reuid=${OWNER}`, '--regid=nogroup', '--clear-groups'] : []
  if (drop.length > 0) chownSync(directory, idOf('-u'), idOf('-g'))
  const data = join(directory, 'data')
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' }
  const as = (argv: readonly string[]): [string, string[]] => {
    const [program = '', ...args] = [...drop, ...argv]
    return [program, args]
  }
  const quiet = ['--auth=trust', '--no-sync', '--no-instructions', '-U', 'mirai', '-E', 'UTF8']
  execFileSync(...as([join(bin, 'initdb'), '-D', data, ...quiet]), { env, stdio: 'pipe', cwd: '/' })
  const settings = ['listen_addresses=', `unix_socket_directories=${directory}`, 'fsync=off'].flatMap(
    (one) => ['-c', one],
  )
  const server = spawn(...as([join(bin, 'postgres'), '-D', data, ...settings]), {
    env,
    stdio: 'ignore',
    cwd: '/',
  })
  const ended = new Promise((resolve) => server.once('exit', resolve))
  const end = Date.now() + 60_000
  while (!isReady(join(data, 'postmaster.pid'))) {
    if (Date.now() > end) throw new Error('PostgreSQL did not start')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const sql = (database: string, statement: string) => {
    const argv = ['-X', '-A', '-t', '-q', '-h', directory, '-U', 'mirai', '-d', database, '-c', statement]
    try {
      return execFileSync(join(bin, 'psql'), argv, { env, encoding: 'utf8', stdio: 'pipe' }).trimEnd()
    } catch {
      return undefined
    }
  }
  return {
    socket: directory,
    sql,
    database() {
      databases++
      if (sql('postgres', `CREATE DATABASE t${databases}`) === undefined)
        throw new Error('no database was made')
      return `postgresql:///t${databases}?host=${directory}&user=mirai`
    },
    async stop() {
      server.kill('SIGQUIT')
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function idOf(which: '-u' | '-g'): number {
  return Number(execFileSync('id', [which, OWNER], { encoding: 'utf8' }))
}

function isReady(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').split('\n')[7]?.trim() === 'ready'
  } catch {
    return false
  }
}
