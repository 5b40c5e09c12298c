// The client programs of PostgreSQL on this machine: which there are, and which may speak for a server of a given major.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { stateOfFile } from '../sys/files.ts'
import { run } from '../sys/process.ts'
import type { Programs } from './types.ts'

const NAMES = ['pg_dump', 'pg_dumpall', 'pg_restore', 'psql'] as const
/** Debian's `/usr/bin/pg_dump` chooses by itself which one to run, so the programs are taken from where they really are. */
const ROOTS = ['/usr/lib/postgresql', '/usr/pgsql-18', '/usr/pgsql-17', '/usr/pgsql-16', '/usr/pgsql-15']

/** All majors that are here, the newest first. */
export async function findPrograms(roots: readonly string[] = ROOTS): Promise<readonly Programs[]> {
  const found: Programs[] = []
  for (const root of roots) {
    const below = await readdir(root).catch(() => [])
    const places = [
      join(root, 'bin'),
      ...below.filter((name) => /^\d+$/.test(name)).map((name) => join(root, name, 'bin')),
    ]
    for (const bin of places) {
      const programs = await programsIn(bin)
      if (programs !== undefined) found.push(programs)
    }
  }
  return found.sort((a, b) => b.major - a.major)
}

/** What a program said of itself, by the very file that said it: asked once, and again when another lies there. */
const said = new Map<string, Programs>()

async function programsIn(bin: string): Promise<Programs | undefined> {
  let file = ''
  for (const name of NAMES) {
    const found = await stat(join(bin, name)).catch(() => undefined)
    if (found?.isFile() !== true) return undefined
    file += `${stateOfFile(found)} `
  }
  const known = said.get(file)
  if (known?.bin === bin) return known
  const asked = await run([join(bin, 'pg_dump'), '--version'])
  const match = /\(PostgreSQL\) ((\d+)\S*)/.exec(asked.stdout)
  if (asked.code !== 0 || match?.[1] === undefined) return undefined
  const programs = { bin, major: Number(match[2]), version: match[1] }
  said.set(file, programs)
  return programs
}

/** The oldest that is not older than the server. Throws backup.db_no_client, backup.db_client_old. */
export function clientFor(found: readonly Programs[], serverMajor: number): Programs {
  const newest = found[0]
  if (newest === undefined) throw new SekishoError('backup.db_no_client')
  const fits = found.filter((programs) => programs.major >= serverMajor)
  const client = fits[fits.length - 1]
  if (client === undefined)
    throw new SekishoError('backup.db_client_old', { server: serverMajor, client: newest.version })
  return client
}
