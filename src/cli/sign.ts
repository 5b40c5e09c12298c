// Signs with ssh-keygen, a key file or the ssh agent. The private key is never read by us.
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { parsePublicKey } from '../base/sign.ts'
import type { Environment } from '../sys/config.ts'
import { run } from '../sys/process.ts'

const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/** The key to sign with: what was given, SEKISHO_KEY, or the first of the usual files whose public half is enrolled. */
export async function findKey(
  environment: Environment,
  given: string | undefined,
  enrolled: readonly string[],
): Promise<string> {
  const named = given ?? environment['SEKISHO_KEY']
  if (named !== undefined) {
    if (!existsSync(named)) throw new SekishoError('key.missing', { path: named })
    return named
  }
  const directory = join(environment['HOME'] ?? '/', '.ssh')
  for (const name of DEFAULT_KEYS) {
    const file = join(directory, name)
    const print = await fingerprintOf(`${file}.pub`)
    if (print !== undefined && enrolled.includes(print)) return existsSync(file) ? file : `${file}.pub`
  }
  throw new SekishoError('key.none_enrolled', { directory, enrolled })
}

/** The fingerprint of a public key file, where it is one. */
export async function fingerprintOf(file: string): Promise<string | undefined> {
  const line = await readFile(file, 'utf8').catch(() => undefined)
  const key = line === undefined ? undefined : parsePublicKey(line)
  return key?.ok === true ? key.key.fingerprint : undefined
}

/** `ssh-keygen -Y sign`, which asks for a passphrase or a touch itself. Returns the armored signature. */
export async function signText(
  text: string,
  key: string,
  namespace: string,
  environment: Environment,
): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'sekisho-sign-'))
  try {
    const file = join(scratch, 'statement')
    await writeFile(file, text, { mode: 0o600 })
    const result = await run(['ssh-keygen', '-q', '-Y', 'sign', '-f', key, '-n', namespace, file], {
      env: pass(environment),
      timeoutMs: 120_000,
      inheritTerminal: true,
    })
    if (result.notStarted !== undefined)
      throw new SekishoError('process.missing', { program: 'ssh-keygen', why: result.notStarted })
    if (result.code !== 0)
      throw new SekishoError('key.cannot_sign', { key, why: result.stderr.trim().split('\n').at(-1) ?? '' })
    return await readFile(`${file}.sig`, 'utf8')
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function pass(environment: Environment): Record<string, string> {
  const names = [
    'HOME',
    'SSH_AUTH_SOCK',
    'SSH_ASKPASS',
    'SSH_ASKPASS_REQUIRE',
    'DISPLAY',
    'WAYLAND_DISPLAY',
    'TERM',
    'LANG',
  ]
  return Object.fromEntries(
    names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  )
}
