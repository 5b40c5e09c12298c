// A directory of one's own on hard ground: the command line typed at it in both languages, `up` in it, and what fills or closes it.
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { run } from '../../src/sys/process.ts'
import { type Heard, hear } from '../heard.ts'
import { note } from '../left-over.ts'
import { eventually } from './scene.ts'

const SEKISHO = fileURLToPath(new URL('../../bin/sekisho', import.meta.url))
const SERVER = fileURLToPath(new URL('../../dist/server.mjs', import.meta.url))
export const ROOT = process.getuid?.() === 0
const NOBODY = 65_534
export const LIMIT_MS = 120_000

export type Language = 'en' | 'ja'
type Said = Readonly<Record<Language, string>>

export let scratch: string
let mounted: string[] = []
let running: Heard[] = []
export function begin(): void {
  scratch = mkdtempSync(join(tmpdir(), 'sk-hard-'))
  note(scratch)
  chmodSync(scratch, 0o755)
  mkdirSync(join(scratch, 'home'))
}
export async function end(): Promise<void> {
  for (const one of running) {
    if (one.end() !== undefined) continue
    one.child.kill('SIGCONT')
    one.child.kill('SIGTERM')
    await one.ended(LIMIT_MS)
  }
  running = []
  for (const path of mounted) execFileSync('umount', ['-l', path])
  mounted = []
  rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

export const data = () => join(scratch, 'd')
const home = () => ({ HOME: join(scratch, 'home'), XDG_CONFIG_HOME: join(scratch, 'home') })

/** A volume of its own, with so many bytes. */
export function volume(path: string, size: string): void {
  mkdirSync(path, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', path])
  mounted.push(path)
}
/** To the last byte. Gives it back. */
export function fill(path: string): () => void {
  const ballast = join(path, 'ballast')
  try {
    // What was given back meanwhile is taken too.
    const appended = ['conv=notrunc', 'oflag=append']
    execFileSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k', ...appended], { stdio: 'ignore' })
  } catch {
    // dd ends where the volume does.
  }
  return () => rmSync(ballast)
}

export async function freePort(): Promise<number> {
  const { server, port } = await listening()
  await new Promise((resolve) => server.close(resolve))
  return port
}
export async function listening(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 }
}

export interface Ways {
  readonly env?: Readonly<Record<string, string>>
  readonly uid?: number
  readonly input?: string
  readonly program?: readonly string[]
}
export async function typed(language: Language, words: readonly string[], ways: Ways = {}) {
  const argv = [...(ways.program ?? [SEKISHO]), ...words, '--data', data(), '--lang', language]
  return run(argv, {
    timeoutMs: LIMIT_MS,
    env: { PATH: process.env['PATH'] ?? '', ...home(), ...ways.env },
    input: ways.input ?? '',
    ...(ways.uid === undefined ? {} : { uid: ways.uid, gid: ways.uid }),
  })
}

/** The message without the breaks of its lines: what, why, what to type. */
export const flat = (text: string) => text.replaceAll(/\s+/g, ' ').trim()

/** In both languages: this message whole and nothing else, this exit code. */
export async function refused(
  words: readonly string[],
  exit: number,
  said: Said,
  ways: Ways = {},
): Promise<void> {
  for (const language of ['en', 'ja'] as const) {
    const { code, stdout, stderr } = await typed(language, words, ways)
    expect({ code, said: flat(stderr), stdout }).toEqual({ code: exit, said: said[language], stdout: '' })
  }
}

export async function up(port: number): Promise<Heard> {
  const heard = hear(
    spawn(SEKISHO, ['up', '--data', data(), '--port', String(port), '--lang', 'en'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', ...home() },
      detached: true,
    }),
  )
  running.push(heard)
  await heard.until('the gate to be told', () => /http:\/\//.test(heard.out() + heard.err()), LIMIT_MS)
  return heard
}
/** One part alone, as a unit of systemd starts it. */
export function served(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  account: { readonly uid?: number; readonly gid?: number } = {},
): Heard {
  const heard = hear(
    spawn(process.execPath, [SERVER, ...words, '--data', data(), '--lang', 'en'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', ...home(), ...env },
      cwd: '/',
      ...account,
    }),
  )
  running.push(heard)
  return heard
}
export const pidOf = (path: string) => Number(/\d+/.exec(readFileSync(join(data(), path), 'utf8'))?.[0])

/** No process of this directory is left. */
export async function quiet(): Promise<void> {
  const left = () =>
    readdirSync('/proc').filter((pid) => {
      if (!/^\d+$/.test(pid)) return false
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
        return argv.some((one) => one === data() || one.startsWith(`${data()}/`))
      } catch {
        return false
      }
    })
  await eventually(
    async () => left().length === 0,
    () => `left: ${left().join(' ')}`,
  )
}

/** Somebody who may read what is everybody's, with a home of their own. */
export function asNobody(): Ways {
  const own = join(scratch, 'nobody')
  mkdirSync(own, { recursive: true })
  chownSync(own, NOBODY, NOBODY)
  return { uid: NOBODY, env: { HOME: own, XDG_CONFIG_HOME: own } }
}

/** Rules with one person who is logged in, and a file to change. */
export async function inhabited(): Promise<{ readonly file: string; readonly change: readonly string[] }> {
  const [file, fresh, key] = ['app.conf', 'new', 'key'].map((name) => join(scratch, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(file, 'limit = 10\n')
  writeFileSync(fresh, 'limit = 20\n')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  writeFileSync(
    join(data(), 'etc/sekisho.yaml'),
    `name: t\nservices:\n  app: { configs: [{ path: ${file}, kind: file, activation: none }] }\n`,
  )
  for (const words of [
    ['person', 'add', 'hanako', '--role', 'owner', '--key', `${key}.pub`],
    ['login', 'hanako', '--key', key],
  ]) {
    const { code, stderr } = await typed('en', words)
    expect(code, stderr).toBe(0)
  }
  const change = [
    'do',
    'config',
    '--service',
    'app',
    '--instruction',
    'more',
    '--file',
    `${file}=${fresh}`,
    '--no-wait',
  ]
  return { file, change }
}
export const changes = async () =>
  (await typed('en', ['change', 'list', '--all'])).stdout.match(/CHG-/g)?.length ?? 0
