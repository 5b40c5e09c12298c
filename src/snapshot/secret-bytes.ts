// Where the bytes of a secret file are, whose content has rules and which a directory copy does not hold: in the private place of the backup that is being
// made, in a copy that was fetched of a repository, or in the live data while they still are what was sealed.
import { closeSync, fstatSync, readFileSync } from 'node:fs'
import type { KnownCopy } from '../backup/level.ts'
import type { ManifestItem } from '../backup/manifest.ts'
import { pathBytes } from '../backup/manifest-path.ts'
import { keyedHash } from '../base/hash.ts'
import type { Service } from '../plans/policy.ts'
import { openTree } from '../tree/openat.ts'
import type { JudgeCopy, SecretEntry } from './judge-copy.ts'
import { openLiveBelow } from './live.ts'
import { secretsOf } from './restic/fetch.ts'

/** A file of people or tokens; what is larger is not held in memory. */
const LARGEST = 67_108_864

/** Some secret of the service has rules: its content can be judged while its bytes are at hand. */
export function hasJudgedSecrets({ data = [] }: Pick<Service, 'data'>): boolean {
  return data.some(({ format, secret }) => format === 'json' && secret.length > 0)
}

export function secretBytes(
  copy: KnownCopy,
  { data = [] }: Pick<Service, 'data'>,
  from: { readonly key: Uint8Array; readonly into?: number | undefined },
): NonNullable<JudgeCopy['secret']> {
  return (item, entry) => {
    const dir = data.find(({ name }) => name === item.name)?.dir
    const places = [
      () => secretsOf(copy, item)?.(entry),
      () => (from.into === undefined ? undefined : below(from.into, spooled(item, entry))),
      () => (dir === undefined ? undefined : inLive(dir, entry)),
    ]
    for (const open of places) {
      const fd = open()
      if (fd === undefined) continue
      if (isSealed(fd, entry, from.key)) return fd
      closeSync(fd)
    }
    return undefined
  }
}

function spooled({ root }: ManifestItem, { at }: SecretEntry): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), pathBytes(at)])
}

function inLive(dir: string, { at }: SecretEntry): number | undefined {
  let root: number
  try {
    root = openTree(dir)
  } catch {
    return undefined // Not there, or not to be read: the bytes are not at hand.
  }
  try {
    return below(root, Buffer.from(pathBytes(at)))
  } finally {
    closeSync(root)
  }
}

function below(root: number, path: Buffer): number | undefined {
  const found = openLiveBelow(root, path)
  return found.kind === 'file' ? found.fd : undefined
}

function isSealed(fd: number, { size, keyed }: SecretEntry, key: Uint8Array): boolean {
  if (size > LARGEST || fstatSync(fd).size !== size) return false
  return keyedHash(key, readFileSync(`/proc/self/fd/${fd}`)) === keyed
}
