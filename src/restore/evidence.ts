// Reads the original that a restore has kept. It may be damaged in any way, which is why it was replaced, and must be recognised all the same.
import { createHmac, type Hmac } from 'node:crypto'
import { closeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { codeOf, stampOf } from '../snapshot/live.ts'
import { lookFor, openDirectory, openTree, shown, statOf, targetOf } from '../tree/openat.ts'
import { isSame, openRegular, readOnce } from '../tree/read.ts'
import { type Seen, typeOf, walk } from '../tree/walk.ts'
import { yielding } from '../tree/yield.ts'
import type { StageContext } from './stage-context.ts'

export interface EvidenceSeen {
  /**
   * A keyed digest, because secrets are among it: over names, kinds, owners, modes, times and bytes, and over the stamp of what the disk cannot read.
   * It includes the change time of each entry, which nobody can set and which moves with bytes, rights and attributes. The item itself is left out,
   * because the exchange moves its own change time.
   */
  readonly digest: string
  readonly entries: number
  readonly bytes: number
}

/** Throws file.* where nothing is at the path, restore.evidence_busy where somebody writes it or keeps it from being read. */
export async function seeEvidence(
  path: string,
  { parts, signal }: Pick<StageContext, 'parts' | 'signal'>,
  progress: (entries: number, bytes: number) => void = () => {},
): Promise<EvidenceSeen> {
  const hash = startOf(parts.keys.keyed)
  const busy = (below: Buffer, why: string) =>
    new SekishoError('restore.evidence_busy', { path: join(path, shown(below)), why })
  const turns = yielding(signal)
  let [entries, bytes] = [0, 0]
  const take = async (seen: Seen) => {
    const line = await lineOf(seen, turns, busy)
    hash.update(`${line}\n`)
    entries += 1
    if (seen.type === 'file') bytes += Number(seen.stat.size)
    progress(entries, bytes)
    await turns.next()
  }
  const parent = openTree(dirname(path))
  try {
    const name = Buffer.from(basename(path))
    const stat = lookFor(parent, name)
    if (stat?.isDirectory() === true) {
      const root = openDirectory(parent, name)
      try {
        const { mode, uid, gid } = statOf(root)
        hash.update(`${JSON.stringify(['', 'directory', Number(mode), Number(uid), Number(gid)])}\n`)
        const failed = (below: Buffer, cause: unknown) =>
          void hash.update(
            `${JSON.stringify([below.toString('base64'), 'unread', notGiven(cause, (why) => busy(below, why))])}\n`,
          )
        for (const seen of walk(root, { failed })) await take(seen)
      } finally {
        closeSync(root)
      }
    } else if (stat !== undefined)
      await take({ path: Buffer.alloc(0), name, type: typeOf(stat), stat, parent, depth: 0 })
  } finally {
    closeSync(parent)
  }
  return { digest: hash.digest('hex'), entries, bytes }
}

/** For a target where nothing was before. */
export function noEvidence({ parts }: Pick<StageContext, 'parts'>): EvidenceSeen {
  return { digest: startOf(parts.keys.keyed).update('absent\n').digest('hex'), entries: 0, bytes: 0 }
}

function startOf(key: Uint8Array): Hmac {
  return createHmac('sha256', key).update('sekisho-evidence-v1\0')
}

type Busy = (below: Buffer, why: string) => SekishoError

async function lineOf(seen: Seen, turns: ReturnType<typeof yielding>, busy: Busy): Promise<string> {
  const { path, type, stat } = seen
  const common = [path.toString('base64'), type, Number(stat.mode), Number(stat.uid), Number(stat.gid)]
  const changed = path.length === 0 ? [] : [String(stat.ctimeNs)]
  if (type === 'file')
    return JSON.stringify([
      ...common,
      ...changed,
      String(stat.size),
      String(stat.mtimeNs),
      await bytesOf(seen, turns, busy),
    ])
  if (type === 'link')
    return JSON.stringify([...common, ...changed, targetOf(seen.parent, seen.name).toString('base64')])
  return JSON.stringify([...common, ...changed])
}

async function bytesOf(seen: Seen, turns: ReturnType<typeof yielding>, busy: Busy): Promise<string> {
  try {
    const { fd, stat } = openRegular(seen.parent, seen.name)
    try {
      const read = await readOnce(fd, stat, { turns })
      if (read === undefined || !isSame(seen.stat, stat) || !isSame(stat, statOf(fd)))
        throw busy(seen.path, 'changing')
      return read.digest
    } finally {
      closeSync(fd)
    }
  } catch (cause) {
    return `unread ${notGiven(cause, (why) => busy(seen.path, why))} ${stampOf(seen.stat)}`
  }
}

/** Errors of a disk or a server that cannot read. Any other error is caused by somebody: a lease, for one, gives EAGAIN (fcntl(2)). */
const NOT_GIVEN: ReadonlySet<string> = new Set([
  'EACCES',
  'EBADMSG',
  'EILSEQ',
  'EIO',
  'ENODATA',
  'EPERM',
  'EREMOTEIO',
  'EUCLEAN',
])

function notGiven(cause: unknown, busy: (why: string) => SekishoError): string {
  if (cause instanceof SekishoError && cause.code === 'restore.evidence_busy') throw cause
  const code = codeOf(cause)
  if (NOT_GIVEN.has(code)) return code
  throw busy(code)
}
