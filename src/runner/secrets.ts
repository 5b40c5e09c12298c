// Values put with `sekisho secret put`: one file for each version, 0600, not encrypted, because whoever can read the runner's files can
// also read the files in which the values end up. What leaves is the reference, the version and a keyed hash.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { keyedHash } from '../base/hash.ts'
import { isServiceName, type ServiceName } from '../base/id.ts'
import { type Instant, instant } from '../base/time.ts'
import { privateDirectory, readRegular, syncDirectory, writeDurable } from '../sys/files.ts'

export const SECRET_LIMIT = 65_536
const KEY = /^[A-Za-z_][A-Za-z0-9_]{0,199}$/
/** As a directory's name: no key of a variable has such a sign. */
const BACKUP_DIRECTORY = 'backup@'

export interface SecretVersion {
  readonly reference: string
  readonly version: number
  readonly keyed: string
}

export class Secrets {
  readonly #directory: string
  readonly #key: Buffer
  constructor(directory: string, key: Buffer) {
    this.#directory = directory
    this.#key = key
  }

  async put(service: ServiceName, key: string, value: Buffer): Promise<SecretVersion> {
    if (value.length > SECRET_LIMIT)
      throw new SekishoError('input.too_large', { what: key, limit: SECRET_LIMIT })
    const directory = join(this.#directory, service, directoryOf(key))
    await privateDirectory(directory)
    const version = Math.max(0, ...(await versionsIn(directory))) + 1
    await writeDurable(join(directory, String(version)), value, { mode: 0o600 })
    await syncDirectory(join(this.#directory, service))
    await syncDirectory(this.#directory)
    return { reference: `${service}/${key}`, version, keyed: keyedHash(this.#key, value) }
  }

  async list(
    service: ServiceName,
  ): Promise<readonly { readonly key: string; readonly version: number; readonly at: Instant }[]> {
    const keys = await readdir(join(this.#directory, service)).catch(() => [] as string[])
    const found: { key: string; version: number; at: Instant }[] = []
    for (const name of keys.sort()) {
      const version = Math.max(0, ...(await versionsIn(join(this.#directory, service, name))))
      if (version === 0) continue
      const { mtimeMs } = await stat(join(this.#directory, service, name, String(version)))
      found.push({ key: keyOf(name), version, at: instant(Math.round(mtimeMs)) })
    }
    return found
  }

  /** What of a secret may be told: its newest version and keyed hash. Throws judge.secret_missing. */
  async newest(reference: string): Promise<SecretVersion> {
    const [service, key, ...more] = reference.split('/')
    const known = isServiceName(service) && key !== undefined && KEY.test(key) && more.length === 0
    const versions = known ? await versionsIn(join(this.#directory, service, key)) : []
    const version = Math.max(0, ...versions)
    if (version === 0) throw new SekishoError('judge.secret_missing', { reference, version: 1 })
    return { reference, version, keyed: keyedHash(this.#key, await this.value(reference, version)) }
  }

  /** Throws judge.secret_missing. */
  async value(reference: string, version: number): Promise<Buffer> {
    const [service, key, ...more] = reference.split('/')
    const known = isServiceName(service) && key !== undefined && KEY.test(key) && more.length === 0
    const found = known
      ? await readRegular(join(this.#directory, service, key, String(version)), SECRET_LIMIT)
      : undefined
    if (found === undefined) throw new SekishoError('judge.secret_missing', { reference, version })
    return Buffer.from(found.bytes)
  }

  async keyedOf(reference: string, version: number): Promise<string | undefined> {
    const value = await this.value(reference, version).catch(() => undefined)
    return value === undefined ? undefined : keyedHash(this.#key, value)
  }

  /** The newest credential `backup/NAME` of a service. No change can name one: it goes into a repository's call and nowhere else. */
  async ofBackup(service: ServiceName, name: string): Promise<Buffer | undefined> {
    const directory = join(this.#directory, service, directoryOf(`backup/${name}`))
    const version = Math.max(0, ...(await versionsIn(directory)))
    if (version === 0) return undefined
    const found = await readRegular(join(directory, String(version)), SECRET_LIMIT)
    return found === undefined ? undefined : Buffer.from(found.bytes)
  }

  /** Every value of every version: what the redactor looks for. */
  async all(): Promise<readonly Buffer[]> {
    const values: Buffer[] = []
    for (const service of await readdir(this.#directory).catch(() => [] as string[]))
      for (const name of await readdir(join(this.#directory, service)))
        for (const version of await versionsIn(join(this.#directory, service, name))) {
          const found = await readRegular(join(this.#directory, service, name, String(version)), SECRET_LIMIT)
          if (found !== undefined) values.push(Buffer.from(found.bytes))
        }
    return values
  }
}

function directoryOf(key: string): string {
  return key.startsWith('backup/') ? `${BACKUP_DIRECTORY}${key.slice('backup/'.length)}` : key
}

function keyOf(directory: string): string {
  return directory.startsWith(BACKUP_DIRECTORY)
    ? `backup/${directory.slice(BACKUP_DIRECTORY.length)}`
    : directory
}

async function versionsIn(directory: string): Promise<readonly number[]> {
  const names = await readdir(directory).catch(() => [] as string[])
  return names.filter((name) => /^[1-9]\d{0,8}$/.test(name)).map(Number)
}
