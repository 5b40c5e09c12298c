// The compiled policy: read from the one file at start and when told, and kept by version, because an execution ends under the version
// with which it started.
import { join } from 'node:path'
import { decode } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { type Json, parseJson } from '../base/json.ts'
import { type CompiledPolicy, compiledPolicy } from '../plans/policy.ts'
import { privateDirectory, readRegular, writeDurable } from '../sys/files.ts'

const POLICY_LIMIT = 16_777_216

export class Policies {
  readonly #file: string
  readonly #directory: string
  #current: CompiledPolicy | undefined

  constructor(file: string, directory: string) {
    this.#file = file
    this.#directory = directory
  }

  /** Reads the file again. Throws runner.policy_unreadable; the version that was in force stays. */
  async load(): Promise<CompiledPolicy> {
    const policy = await readPolicy(this.#file)
    await privateDirectory(this.#directory)
    const kept = join(this.#directory, `${policy.version}.json`)
    if ((await readRegular(kept, POLICY_LIMIT).catch(() => undefined)) === undefined)
      await writeDurable(kept, JSON.stringify(policy), { mode: 0o600 })
    this.#current = policy
    return policy
  }

  get current(): CompiledPolicy {
    if (this.#current === undefined)
      throw new SekishoError('runner.policy_unreadable', { path: this.#file, at: '$', why: 'not read yet' })
    return this.#current
  }
  get loaded(): boolean {
    return this.#current !== undefined
  }

  /** The version under which an execution started. */
  async version(version: Digest): Promise<CompiledPolicy> {
    if (this.#current?.version === version) return this.#current
    return readPolicy(join(this.#directory, `${version}.json`))
  }
}

async function readPolicy(path: string): Promise<CompiledPolicy> {
  const found = await readRegular(path, POLICY_LIMIT)
  const unreadable = (at: string, why: string) =>
    new SekishoError('runner.policy_unreadable', { path, at, why })
  if (found === undefined) throw unreadable('$', 'no such file')
  let value: Json
  try {
    value = parseJson(found.bytes.toString('utf8'))
  } catch (cause) {
    throw unreadable('$', (cause as Error).message)
  }
  const read = decode(compiledPolicy, value)
  if (!read.ok) throw unreadable(read.at, read.why)
  return read.value
}
