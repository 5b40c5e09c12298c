// What a restore has put aside, read as it stands: it may be damaged in any way, for that is why it was put aside, and is known again all the same.
import { createHmac, type Hmac } from 'node:crypto'
import { closeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { lookFor, openDirectory, openTree, targetOf } from '../tree/beneath.ts'
import { openRegular, readOnce } from '../tree/read.ts'
import { takeTurns } from '../tree/turns.ts'
import { type Seen, typeOf, walk } from '../tree/walk.ts'
import { codeOf, stampOf } from './live.ts'
import type { LayContext } from './stages.ts'

export interface EvidenceSeen {
  /** Keyed, for secrets are among it: over names, kinds, owners, modes, times and bytes; of what cannot be read over its stamp. */
  readonly digest: string
  readonly entries: number
  readonly bytes: number
}

/** Throws file.* where nothing stands at the path. */
export async function seeEvidence(
  path: string,
  { parts, signal }: Pick<LayContext, 'parts' | 'signal'>,
  progress: (entries: number, bytes: number) => void = () => {},
): Promise<EvidenceSeen> {
  const hash = startOf(parts.keys.keyed)
  const turns = takeTurns(signal)
  let [entries, bytes] = [0, 0]
  const take = async (seen: Seen) => {
    const line = await lineOf(seen, turns)
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
        const failed = (below: Buffer, cause: unknown) =>
          void hash.update(`${JSON.stringify([below.toString('base64'), 'unread', codeOf(cause)])}\n`)
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
export function noEvidence({ parts }: Pick<LayContext, 'parts'>): EvidenceSeen {
  return { digest: startOf(parts.keys.keyed).update('absent\n').digest('hex'), entries: 0, bytes: 0 }
}

function startOf(key: Uint8Array): Hmac {
  return createHmac('sha256', key).update('sekisho-evidence-v1\0')
}

async function lineOf(seen: Seen, turns: ReturnType<typeof takeTurns>): Promise<string> {
  const { path, type, stat } = seen
  const common = [path.toString('base64'), type, Number(stat.mode), Number(stat.uid), Number(stat.gid)]
  if (type === 'file')
    return JSON.stringify([...common, String(stat.size), String(stat.mtimeNs), await bytesOf(seen, turns)])
  if (type === 'link') return JSON.stringify([...common, targetOf(seen.parent, seen.name).toString('base64')])
  return JSON.stringify(common)
}

async function bytesOf(seen: Seen, turns: ReturnType<typeof takeTurns>): Promise<string> {
  try {
    const { fd, stat } = openRegular(seen.parent, seen.name)
    try {
      return (await readOnce(fd, stat, { turns }))?.digest ?? 'changing'
    } finally {
      closeSync(fd)
    }
  } catch (cause) {
    return `unread ${codeOf(cause)} ${stampOf(seen.stat)}`
  }
}
