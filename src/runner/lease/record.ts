// The leases of this host as they lie in the state directory, one file a service: durable before anything is turned on.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { decode } from '../../base/decode.ts'
import type { ServiceName } from '../../base/id.ts'
import { canonical, type Json, JsonError, parseCanonical } from '../../base/json.ts'
import { type Lease, lease } from '../../seal/lease.ts'
import { privateDirectory, readRegular, writeDurable } from '../../sys/files.ts'

const LIMIT = 65_536

export async function readLeases(directory: string): Promise<readonly Lease[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const found: Lease[] = []
  for (const name of names.filter((one) => one.endsWith('.json')).sort()) {
    const one = await readOne(join(directory, name))
    if (one !== undefined) found.push(one)
  }
  return found
}

async function readOne(path: string): Promise<Lease | undefined> {
  const read = await readRegular(path, LIMIT)
  if (read === undefined) return undefined
  try {
    const found = decode(lease, parseCanonical(read.bytes.toString('utf8')))
    return found.ok ? found.value : undefined
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}

/** Throws file.*. */
export async function writeLease(directory: string, one: Lease): Promise<void> {
  await privateDirectory(directory)
  await writeDurable(join(directory, fileOf(one.service)), canonical(one as unknown as Json), { mode: 0o600 })
}

const fileOf = (service: ServiceName) => `${service}.json`
