// How the hook is wired on this machine: program, guard directory and level; and the lists of where it is installed.
import { existsSync, statSync } from 'node:fs'
import { readdir, readFile, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { placesOf, SYSTEM_GUARD } from '../app/places.ts'
import { SekishoError } from '../base/error.ts'
import type { Wiring } from '../guard/agent-settings.ts'
import { readGuardPolicy } from '../guard/read-policy.ts'
import { MACHINE } from '../install/install-host.ts'
import { codeHere } from '../install/up/code.ts'
import { fileError, untrustedComponent } from '../sys/files.ts'
import type { Call } from './command.ts'
import { placesFor } from './rules-file.ts'
import { defaultData } from './session.ts'

/** The agent's settings that root owns and nobody else can change (agents §3.3). */
export const MANAGED = '/etc/claude-code/managed-settings.json'

/** The settings of the project around the working directory. */
export function projectSettings(cwd: string): string {
  for (let directory = cwd; ; directory = dirname(directory)) {
    if (existsSync(join(directory, '.git'))) return join(directory, '.claude/settings.json')
    if (directory === '/') return join(cwd, '.claude/settings.json')
  }
}

/** Where the guard finds the rules: in this user's own gate where there is one, else in the machine's. */
export function guardHere(call: Call): string {
  const own = placesFor(call)
  if (existsSync(own.guardPolicy) || !isThere(SYSTEM_GUARD)) return own.guardDirectory
  return SYSTEM_GUARD
}

/** Lists of installed hooks: beside the rules, and this user's own. */
export function listsHere(call: Call): readonly string[] {
  const own = placesOf(defaultData(call.environment, call.uid)).guardDirectory
  return [...new Set([guardHere(call), own])]
}

const isThere = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined

/** Throws guard.program_not_ours, guard.policy_unreadable. */
export async function wiringHere(call: Call, managed: boolean): Promise<Wiring> {
  const guard = guardHere(call)
  return {
    program: await programHere(managed),
    guard,
    language: call.terminal.language,
    level: await levelAt(guard),
    managed,
  }
}

/** Rules that were never applied mean level observe: nothing is refused that nobody asked for. */
async function levelAt(guard: string): Promise<Wiring['level']> {
  const path = join(guard, 'guard.json')
  const source = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined
    throw fileError(path, cause)
  })
  if (source === undefined) return 'observe'
  const policy = readGuardPolicy(source)
  if (policy === undefined) throw new SekishoError('guard.policy_unreadable', { path })
  return policy.level
}

/** INVARIANT G2: settings that root owns start no program that somebody else can change. */
async function programHere(managed: boolean): Promise<string> {
  const installed = join(MACHINE.code, 'bin/sekisho')
  const candidates = [join(codeHere().root, 'bin/sekisho'), ...(existsSync(installed) ? [installed] : [])]
  let refused: SekishoError | undefined
  for (const candidate of candidates) {
    const path = await realpath(candidate)
    if (path.split('/').includes('node_modules')) {
      refused ??= new SekishoError('guard.program_not_ours', { path, why: 'packages' })
      continue
    }
    const untrusted = managed ? await untrustedCode(path) : undefined
    if (untrusted === undefined) return path
    refused ??= new SekishoError('guard.program_not_ours', { path, why: 'writable', component: untrusted })
  }
  throw refused ?? new SekishoError('guard.program_not_ours', { path: installed, why: 'missing' })
}

/** Everything the program runs: node and the bundle beside it, or the sources of a checkout. */
async function untrustedCode(program: string): Promise<string | undefined> {
  const root = join(dirname(program), '..')
  // The program of the hook and the parts that it loads.
  const bundles = (await readdir(join(root, 'dist')).catch(() => [])).filter((name) =>
    name.startsWith('hook'),
  )
  for (const path of [
    program,
    ...['bin/node', 'node_modules', ...bundles.map((name) => join('dist', name)), 'src'].map((one) =>
      join(root, one),
    ),
  ]) {
    if (!isThere(path)) continue
    const found = await untrustedComponent(await realpath(path))
    if (found !== undefined) return found.path
  }
  return undefined
}
