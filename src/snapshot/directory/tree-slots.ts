// What waits to be written down, in the order of the manifest: files and directories that are open until somebody asks for their attributes in one
// batch, and files that a thread copies or links. What a thread left undone is done here as ever.
import type { ManifestEntry } from '../../backup/manifest.ts'
import { SekishoError } from '../../base/error.ts'
import { BATCH, type Extra, NOTHING_EXTRA, readExtras } from '../../tree/attributes.ts'
import { openChain, parted } from '../../tree/chain.ts'
import type { CopyThreads, Ticket } from '../../tree/copy-threads.ts'
import { close, shown, told } from '../../tree/openat.ts'
import type { Opened } from '../../tree/read.ts'
import type { Seen } from '../../tree/walk.ts'
import type { Asking } from './asking.ts'
import { type Failures, inCopy } from './making.ts'
import type { Known } from './manifest-file.ts'
import {
  type FileEntry,
  fileEntry,
  type Given,
  kept,
  readNew,
  type TreeWork,
  type Written,
  written,
} from './tree-entry.ts'
import { isGone, laterAt } from './tree-source.ts'

/** Entries that wait to be written down: for descriptors that are asked together, or for threads that are at work. Fewer are less to remember. */
const WAITING = 4 * BATCH
const AHEAD = 3 * BATCH

/** In the order of the manifest: a line, or what waits for the extras of its batch. */
export type Slot =
  | Written
  | { readonly kind: 'plain'; readonly ticket: Ticket; readonly seen: Seen; readonly known?: Known }
  | { readonly kind: 'directory'; readonly fd: number; readonly entry: ManifestEntry; readonly last?: Extra }
  | {
      readonly kind: 'file'
      readonly fd: number
      readonly opened: Opened
      readonly seen: Seen
      readonly old?: FileEntry
    }

export interface Slots extends Disposable {
  put(slot: Slot): void
  /** To be awaited after each entry: enough waits, or enough is under way. */
  room(): Promise<void>
  /** Everything that waits is written down. */
  end(): Promise<void>
}

/** `root`: the directory of the service, open until this is disposed of. */
export function openSlots(
  work: TreeWork,
  root: number,
  failures: Failures,
  { asking, hands }: { readonly asking: Asking; readonly hands: CopyThreads | undefined },
): Slots {
  const { making, item, lines } = work
  const { counts } = making
  const { run } = making.request
  const again = openChain(root)
  const slots: Slot[] = []
  /** Of the slots those that hold a descriptor. */
  let waiting = 0

  /** A directory need not be asked when by now the file system is known as the last run's. */
  const orLast = (slot: Slot): Slot => {
    if (!('last' in slot) || slot.last === undefined || !asking.isLastFileSystem()) return slot
    close(slot.fd)
    waiting -= 1
    return written(work, { ...slot.entry, ...slot.last })
  }

  /** The first so many. */
  const flush = async (count: number) => {
    const all = slots.splice(0, count).map(orLast)
    hands?.send()
    const open = all.flatMap((slot) => ('fd' in slot ? [slot.fd] : []))
    waiting -= open.length
    const left = new Set(open)
    try {
      const extras = open.length === 0 ? [] : await readExtras(run, open)
      if (extras === undefined) making.extras = false
      let next = 0
      for (const slot of all) {
        const extra = 'fd' in slot ? extras?.[next++] : undefined
        if ('fd' in slot && slot.kind === 'file') left.delete(slot.fd)
        const done = 'line' in slot ? slot : await settled(slot, extra)
        if (done === undefined) continue
        lines.manifest.add(done.line)
        if (done.checksum !== undefined) lines.checksums.add(done.checksum)
        lines.entries += 1
      }
    } finally {
      for (const fd of left) close(fd)
    }
  }

  const settled = async (slot: Exclude<Slot, Written>, extra: Extra | undefined) => {
    if (slot.kind === 'directory') return written(work, { ...slot.entry, ...extra })
    const { seen } = slot
    try {
      return slot.kind === 'plain' ? await plain(slot) : await settledFile(slot, extra)
    } catch (cause) {
      if (!isGone(again, seen, cause)) failures.add(seen.path, cause)
      return undefined
    }
  }

  const settledFile = async (slot: Extract<Slot, { kind: 'file' }>, extra: Extra | undefined) => {
    const { opened, seen, old } = slot
    return later(seen, opened, {
      ...(extra === undefined ? {} : { extra }),
      ...(old === undefined ? {} : { old }),
    })
  }

  const later = async (seen: Seen, opened: Opened | undefined, given: Given) => {
    const { entry, stat } = await readNew(work, asking, seen, laterAt(again, seen, opened), given)
    if (stat.nlink > 1n) throw new SekishoError('backup.changed_while_read', { path: shown(seen.path) })
    return written(work, entry)
  }

  /** What a thread has copied or linked; what it left undone is done here as ever. */
  const plain = async ({ ticket, seen, known }: Extract<Slot, { kind: 'plain' }>) => {
    const done = await ticket.done()
    const old = known?.entry.type === 'file' ? known.entry : undefined
    if ('failed' in done) throw failureOf(done, seen)
    if ('linked' in done && known !== undefined && old !== undefined) {
      counts.linkedFiles += 1
      counts.linkedBytes += old.size
      return kept(work, old, known.line, inCopy(item.root, seen.path))
    }
    if (!('digest' in done)) return later(seen, undefined, old === undefined ? {} : { old })
    const size = Number(seen.stat.size)
    counts.copiedFiles += 1
    counts.copiedBytes += size
    const extra = making.extras ? NOTHING_EXTRA : undefined
    const read = { ...done, size, sparse: false, stat: seen.stat }
    return written(work, fileEntry(work, seen, read, extra))
  }

  const failureOf = ({ failed, onTarget }: { failed: string; onTarget: boolean }, seen: Seen): unknown => {
    const cause = Object.assign(new Error(failed), { code: failed, syscall: onTarget ? 'write' : 'read' })
    const { directory: above, name } = parted(onTarget ? inCopy(item.root, seen.path) : seen.path)
    return told(cause, (onTarget ? making.target : again).at(above), name)
  }

  return {
    put: (slot) => {
      slots.push(slot)
      if ('fd' in slot) waiting += 1
    },
    room: async () => {
      if (waiting >= BATCH) await flush(slots.length)
      else if (slots.length >= WAITING) await flush(WAITING)
      else if (hands !== undefined && waiting === 0 && slots.length >= AHEAD) await flush(BATCH)
      await hands?.room()
    },
    end: () => flush(slots.length),
    [Symbol.dispose]: () => {
      for (const slot of slots) if ('fd' in slot) close(slot.fd)
      again.close()
    },
  }
}
