// Finds the gate and the user's login, in a fixed order and without a silent guess.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isObject } from '../base/json.ts'
import type { Environment } from '../sys/config.ts'
import { privateDirectory, writeDurable } from '../sys/files.ts'
import type { GateSocket } from './gate-socket.ts'

export interface Place {
  readonly url: string
  /** The gate's data directory, where it is known: `--data`, SEKISHO_DATA, the default. */
  readonly data: string
  /** How the gate is reached, where no URL was given: any process of this machine can hold a port. */
  readonly socket?: GateSocket
  readonly isRoot: boolean
}

export const DEFAULT_PORT = 7440
const SYSTEM_DATA = '/var/lib/sekisho'

export function defaultData(environment: Environment, uid: number): string {
  if (environment['SEKISHO_DATA'] !== undefined) return environment['SEKISHO_DATA']
  if (uid === 0) return SYSTEM_DATA
  const state = environment['XDG_STATE_HOME'] ?? join(environment['HOME'] ?? '/', '.local/state')
  return join(state, 'sekisho')
}

/**
 * `--url`, SEKISHO_URL; else the socket of a running gate: the user's own, then the system's. A user's own gate that was stopped is
 * passed over.
 */
export function findGate(
  environment: Environment,
  uid: number,
  given: { url?: string; data?: string },
  systemData = SYSTEM_DATA,
): Place {
  // Absolute from here on: other processes with other working directories receive it, and files store it.
  const data = resolve(given.data ?? defaultData(environment, uid))
  const isRoot = uid === 0
  const url = given.url ?? environment['SEKISHO_URL']
  if (url !== undefined) return { url: url.replace(/\/$/, ''), data, isRoot }
  const named = (given.data ?? environment['SEKISHO_DATA']) !== undefined
  const own = urlIn(data)
  const isOwn = given.data !== undefined || (own !== undefined && (named || isServed(data)))
  const system = isOwn || (own !== undefined && !isServed(systemData)) ? undefined : urlIn(systemData)
  const of = system === undefined ? data : systemData
  return {
    // The name of this gate's stored token, which messages print too.
    url: system ?? own ?? `http://127.0.0.1:${DEFAULT_PORT}`,
    data,
    socket: { path: socketIn(of), data: of, named: of === data && named },
    isRoot,
  }
}

const socketIn = (data: string) => join(data, 'gate', 'gate.sock')
/** A gate that stops in order removes its socket. */
const isServed = (data: string) => existsSync(socketIn(data))

function urlIn(data: string): string | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(data, 'gate.json'), 'utf8'))
    return isObject(value) && typeof value['port'] === 'number'
      ? `http://127.0.0.1:${value['port']}`
      : undefined
  } catch {
    return undefined
  }
}

function tokenFile(environment: Environment): string {
  return join(
    environment['XDG_CONFIG_HOME'] ?? join(environment['HOME'] ?? '/', '.config'),
    'sekisho',
    'tokens.json',
  )
}

function tokens(environment: Environment): Readonly<Record<string, string>> {
  try {
    const value: unknown = JSON.parse(readFileSync(tokenFile(environment), 'utf8'))
    if (!isObject(value)) return {}
    return Object.fromEntries(
      Object.entries(value).filter((one): one is [string, string] => typeof one[1] === 'string'),
    )
  } catch {
    return {}
  }
}

/** SEKISHO_TOKEN first (agents have theirs there), else the token that `sekisho login` stored for this gate. */
export function findToken(environment: Environment, url: string): string | undefined {
  return environment['SEKISHO_TOKEN'] ?? tokens(environment)[url]
}

export async function keepToken(
  environment: Environment,
  url: string,
  token: string | undefined,
): Promise<string> {
  const file = tokenFile(environment)
  await privateDirectory(join(file, '..'))
  const { [url]: _, ...others } = tokens(environment)
  await writeDurable(
    file,
    `${JSON.stringify(token === undefined ? others : { ...others, [url]: token }, null, 2)}\n`,
    { mode: 0o600 },
  )
  return file
}

/** Variables that known agents set. They raise suspicion, and their absence proves nothing (spine §1). */
const AGENT_MARKS = [
  'CLAUDECODE',
  'CLAUDE_CODE_ENTRYPOINT',
  'CODEX_SANDBOX',
  'GEMINI_CLI',
  'CURSOR_AGENT',
  'AIDER_MODEL',
]

export function agentMark(environment: Environment): string | undefined {
  return AGENT_MARKS.find((name) => environment[name] !== undefined)
}
