// Keys that the runner makes for itself at its first start and that never leave it: 0400, one file each.
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { ed25519Private, ed25519Public } from '../base/sign.ts'
import type { Random } from '../base/time.ts'
import { readRegular, writeDurable } from '../sys/files.ts'

export interface OwnKeys {
  /** Ed25519, PKCS#8 PEM: signs checkpoints of the ledger. */
  readonly ledger: string
  readonly ledgerPublic: Uint8Array
  /** HMAC key of everything secret. */
  readonly keyed: Buffer
}

const LEDGER = 'ledger.pem'
const KEYED = 'keyed.key'

export async function openKeys(directory: string, random: Random): Promise<OwnKeys> {
  const ledger = await make(join(directory, LEDGER), () => Buffer.from(ed25519Private(random.bytes(32))))
  const pem = ledger.toString('utf8')
  return {
    ledger: pem,
    ledgerPublic: ed25519Public(pem),
    keyed: await make(join(directory, KEYED), () => Buffer.from(random.bytes(32))),
  }
}

async function make(path: string, fresh: () => Buffer): Promise<Buffer> {
  const there = await access(path).then(
    () => true,
    () => false,
  )
  if (!there) await writeDurable(path, fresh(), { mode: 0o400 })
  const found = await readRegular(path, 4096)
  if (found === undefined) throw new TypeError(`a key that was just written is gone: ${path}`)
  return Buffer.from(found.bytes)
}
