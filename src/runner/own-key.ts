// Keys that the runner makes for itself at its first start and that never leave it: 0400, one file each.
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
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

/** Without `random` (keeper, boot) nothing is made: keys that are gone are a failure, not a fresh start. */
export async function openKeys(directory: string, random?: Random): Promise<OwnKeys> {
  const fresh = (work: (from: Random) => Buffer) => (random === undefined ? undefined : () => work(random))
  const ledger = await keyAt(
    join(directory, LEDGER),
    fresh((from) => Buffer.from(ed25519Private(from.bytes(32)))),
  )
  const pem = ledger.toString('utf8')
  return {
    ledger: pem,
    ledgerPublic: ed25519Public(pem),
    keyed: await keyAt(
      join(directory, KEYED),
      fresh((from) => Buffer.from(from.bytes(32))),
    ),
  }
}

async function keyAt(path: string, fresh: (() => Buffer) | undefined): Promise<Buffer> {
  const there = await access(path).then(
    () => true,
    () => false,
  )
  if (!there && fresh !== undefined) await writeDurable(path, fresh(), { mode: 0o400 })
  const found = await readRegular(path, 4096)
  if (found === undefined) throw new SekishoError('file.unreadable', { path, why: 'ENOENT' })
  return Buffer.from(found.bytes)
}
