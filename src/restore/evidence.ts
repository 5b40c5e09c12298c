// What a restore has put aside, read as it stands: it may be damaged in any way, for that is why it was put aside, and is known again all the same.
import { createHmac, type Hmac } from 'node:crypto'
import { closeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { codeOf, stampOf } from '../snapshot/live.ts'
import { lookFor, openDirectory, openTree, shown, statOf, targetOf } from '../tree/openat.ts'
import { isSame, openRegular, readOnce } from '../tree/read.ts'
import { type Seen, typeOf, walk } from '../tree/walk.ts'
import { yielding } from '../tree/yield.ts'
import type { StageContext } from './stages.ts'

export interface EvidenceSeen {
  /**
   * Keyed, for secrets are among it: over names, kinds, owners, modes, times and bytes; of what the disk does not give over its stamp. The time of the last
   * change of each entry is among them, which nobody can set: it moves with bytes, rights and attributes, read or not. The item itself changes places,
   * which moves its own.
   */
  readonly digest: string
  readonly entries: number
  readonly bytes: number
}

/** Throws file.* where nothing stands at the path, restore.evidence_busy where somebody writes, or keeps it from being read. */
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

/** Of nothing: there was none before, and there will be none. */
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

/** What a disk or a server says of what it cannot give. Anything else is somebody's doing: a lease, for one, keeps a file from being read (fcntl(2), EAGAIN). */
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
