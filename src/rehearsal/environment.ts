// What a program runs on: the digest of its interpreter and of the packages of the system. Another one than at the rehearsal is another world, and the receipt does
// not count there.
import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs'
import { type Digest, labelledDigest } from '../base/hash.ts'
import type { RehearsedUnit } from './unit.ts'

/** The list of installed packages with their versions, and the libraries that the linker finds. */
const SYSTEM = ['/var/lib/dpkg/status', '/var/lib/rpm/rpmdb.sqlite', '/etc/ld.so.cache']

export function environmentDigest(unit: Pick<RehearsedUnit, 'start'>): Digest {
  const programs = unit.start.map(({ path }) => [path, fileDigest(path)])
  return labelledDigest('sekisho/environment/v1', {
    machine: process.arch,
    programs,
    system: SYSTEM.map((path) => [path, fileDigest(path)]),
  })
}

/** Of a file of the system: root alone writes it. Null where it is not there. */
function fileDigest(path: string): string | null {
  let fd: number
  try {
    fd = openSync(realpathSync(path), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    return null
  }
  try {
    if (!fstatSync(fd).isFile()) return null
    const hash = createHash('sha256')
    const chunk = Buffer.allocUnsafe(1_048_576)
    for (let size = readSync(fd, chunk); size > 0; size = readSync(fd, chunk))
      hash.update(chunk.subarray(0, size))
    return hash.digest('hex')
  } finally {
    closeSync(fd)
  }
}
