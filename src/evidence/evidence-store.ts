// The evidence of incidents on this host: raw bytes 0600 in one directory an incident, its custody log beside them, both known to the
// runner's journal by their digests. What is held is never dropped; where nothing can be dropped, what is new is refused and named as a gap.
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { type Digest, sha256 } from '../base/hash.ts'
import type { IncidentId } from '../base/id.ts'
import { type Clock, instant } from '../base/time.ts'
import type {
  Compared,
  CustodyAct,
  EvidenceCheck,
  EvidenceEvent,
  EvidenceFacts,
  EvidenceGap,
  EvidenceItem,
  SealedSet,
} from '../seal/evidence.ts'
import { fileError, privateDirectory, readRegular, syncDirectory, writeDurable } from '../sys/files.ts'
import { compareCustody, nextLine, parseLine, textsOf } from './custody.ts'
import {
  custodyOf,
  droppedOf,
  type EvidenceLine,
  isHeld,
  itemsOf,
  presentItems,
  type Sealed,
  setsOf,
} from './events.ts'

export interface EvidencePorts {
  /** The runner's own directory for evidence. */
  readonly directory: string
  readonly clock: Pick<Clock, 'now'>
  readonly host: () => string
  /** Lines of the runner's journal about evidence, in order. */
  readonly lines: () => readonly EvidenceLine[]
  /** Writes a line into the runner's journal, durably. */
  readonly append: (body: EvidenceEvent) => Promise<void>
  /** Bytes that all evidence may take, by the rules in force; 2 GiB where they do not say. */
  readonly quota?: () => number | undefined
}

export interface Collected {
  readonly name: string
  readonly source?: string
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}
export type SetDraft = Omit<SealedSet, 'items'> & { readonly items: readonly Collected[] }

/** One item that somebody collects by themselves (level 3). */
export interface KeptItem extends Collected {
  readonly incident: IncidentId
  readonly by: string
}

const QUOTA = 2_147_483_648
/** The largest item, and the largest custody log. */
const ITEM_LIMIT = 268_435_456
const LOG_LIMIT = 16_777_216
const LOG = 'custody.jsonl'

interface Act {
  readonly who: string
  readonly what: CustodyAct
  readonly item?: string
  readonly digest?: Digest
}

export class EvidenceStore {
  readonly #ports: EvidencePorts
  #tail: Promise<unknown> = Promise.resolve()
  constructor(ports: EvidencePorts) {
    this.#ports = ports
  }

  /** Stores the items, then their custody lines, then the line of the set: only then it counts. An item that cannot be stored is a gap. */
  seal(draft: SetDraft): Promise<Sealed> {
    return this.#inTurn(async () => {
      const gaps: EvidenceGap[] = [...draft.gaps]
      const items: EvidenceItem[] = []
      for (const one of draft.items)
        try {
          items.push(await this.#store(draft.incident, one, items))
        } catch (error) {
          if (!(error instanceof SekishoError)) throw error
          gaps.push({ name: one.name, why: WHY[error.code] ?? 'failed' })
        }
      return this.#sealed({ ...draft, items, gaps })
    })
  }

  /** Stores one item. Throws evidence.quota, file.*. */
  keep({ incident, by, ...one }: KeptItem): Promise<{ readonly digest: Digest; readonly size: number }> {
    return this.#inTurn(async () => {
      const item = await this.#store(incident, one, [])
      const sealed = await this.#sealed({
        incident,
        set: 'level3',
        items: [item],
        gaps: [],
        milliseconds: 0,
        by,
      })
      if (sealed.items.length === 0) throw new SekishoError('evidence.quota', { incident, item: one.name })
      return { digest: item.digest, size: item.size }
    })
  }

  /** The raw bytes of an item, compared with the journal. Throws evidence.unknown, evidence.dropped, evidence.changed. */
  async read(
    incident: IncidentId,
    item: string,
  ): Promise<{ readonly bytes: Buffer; readonly of: EvidenceItem }> {
    const of = itemsOf(incident, this.#ports.lines()).find((one) => one.item === item)
    if (of === undefined) throw new SekishoError('evidence.unknown', { incident, item })
    const file = await readRegular(this.#path(incident, item), ITEM_LIMIT)
    if (file === undefined) throw new SekishoError('evidence.dropped', { incident, item })
    if (sha256(file.bytes) !== of.digest) throw new SekishoError('evidence.changed', { incident, item })
    return { bytes: file.bytes, of }
  }

  /** Writes down that somebody had it. */
  custody(incident: IncidentId, who: string, what: CustodyAct, item?: string): Promise<void> {
    const digest = itemsOf(incident, this.#ports.lines()).find((one) => one.item === item)?.digest
    const act = {
      who,
      what,
      ...(item === undefined ? {} : { item }),
      ...(digest === undefined ? {} : { digest }),
    }
    return this.#inTurn(() => this.#custody(incident, [act]))
  }

  /** Reads every item and every line again, and compares them with the journal. */
  async check(incident: IncidentId): Promise<EvidenceCheck> {
    const lines = this.#ports.lines()
    const dropped = droppedOf(incident, lines)
    const items: EvidenceCheck['items'][number][] = []
    for (const { set, items: of } of setsOf(incident, lines))
      for (const one of of)
        items.push({ ...one, set, found: await this.#compared(incident, one, dropped.has(one.item)) })
    return { items, ...compareCustody(await this.#texts(incident), custodyOf(incident, lines)) }
  }

  async facts(incident: IncidentId): Promise<EvidenceFacts> {
    const lines = this.#ports.lines()
    const custody = (await this.#texts(incident)).flatMap((text) => parseLine(text) ?? [])
    return { sets: setsOf(incident, lines), custody, held: isHeld(incident, lines) }
  }

  async #compared(incident: IncidentId, one: EvidenceItem, dropped: boolean): Promise<Compared> {
    try {
      const file = await readRegular(this.#path(incident, one.item), ITEM_LIMIT)
      if (file === undefined) return dropped ? 'dropped' : 'missing'
      return sha256(file.bytes) === one.digest ? 'equal' : 'changed'
    } catch {
      return 'changed' // No regular file, or one that is larger than any item.
    }
  }

  /** `before`: items of the same set that no line of the journal names yet. */
  async #store(incident: IncidentId, one: Collected, before: readonly EvidenceItem[]): Promise<EvidenceItem> {
    await this.#made(incident)
    const number = itemsOf(incident, this.#ports.lines()).length + before.length + 1
    const stored = before.reduce((sum, { size: of }) => sum + of, 0)
    const item = `E${String(number).padStart(2, '0')}`
    const path = this.#path(incident, item)
    const temporary = `${path}.partial`
    await rm(temporary, { force: true })
    const hash = createHash('sha256')
    let size = 0
    try {
      const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
      const handle = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
      try {
        for await (const chunk of one.content) {
          size += chunk.length
          if (size > ITEM_LIMIT || !(await this.#makeRoom(stored + size)))
            throw new SekishoError('evidence.quota', { incident, item: one.name })
          hash.update(chunk)
          await handle.writeFile(chunk)
        }
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(temporary, path)
      await syncDirectory(this.#directory(incident))
    } catch (cause) {
      await rm(temporary, { force: true })
      throw fileError(path, cause)
    }
    const { name, source } = one
    const digest = hash.digest('hex') as Digest // 64 hex digits.
    return { item, name, digest, size, ...(source === undefined ? {} : { source }) }
  }

  /** Where the custody log has no room, items give way to it, the last first: none is kept without its line. */
  async #sealed(set: SealedSet): Promise<Sealed> {
    const { incident, by } = set
    const items = [...set.items]
    const gaps = [...set.gaps]
    for (;;)
      try {
        await this.#custody(
          incident,
          items.map(({ item, digest }) => ({ who: by, what: 'sealed', item, digest })),
        )
        break
      } catch (error) {
        const last = items.at(-1)
        if (!(error instanceof SekishoError) || WHY[error.code] === undefined || last === undefined)
          throw error
        await rm(this.#path(incident, last.item), { force: true })
        items.pop()
        gaps.push({ name: last.name, why: WHY[error.code] ?? 'failed' })
      }
    const body = { kind: 'evidence', event: 'sealed', ...set, items, gaps } as const
    await this.#ports.append(body)
    return body
  }

  /** The oldest incidents that are not held give way. False, and nothing gives way, where all of them are not enough for so many more bytes. */
  async #makeRoom(size: number): Promise<boolean> {
    const quota = this.#ports.quota?.() ?? QUOTA
    const lines = this.#ports.lines()
    const incidents = [...new Set(lines.map(({ body }) => body.incident))]
    const bytesOf = (one: IncidentId) => presentItems(one, lines).reduce((sum, { size: of }) => sum + of, 0)
    const bytes = new Map(incidents.map((one) => [one, bytesOf(one)]))
    const sumOf = (some: readonly IncidentId[]) => some.reduce((sum, one) => sum + (bytes.get(one) ?? 0), 0)
    const free = incidents.filter((one) => (bytes.get(one) ?? 0) > 0 && !isHeld(one, lines))
    let used = size + sumOf(incidents)
    if (used - sumOf(free) > quota) return false
    for (const one of free) {
      if (used <= quota) break
      const gone = presentItems(one, lines)
      await this.#custody(one, [{ who: 'runner', what: 'dropped' }])
      for (const { item } of gone) await rm(this.#path(one, item), { force: true })
      used -= bytes.get(one) ?? 0
    }
    return true
  }

  /** The log first, then the journal. A line that a kill left in the log alone is taken over with the next ones: it follows the one before. */
  async #custody(incident: IncidentId, acts: readonly Act[]): Promise<void> {
    if (acts.length === 0) return
    const { host, clock, append, lines } = this.#ports
    await this.#made(incident)
    const texts = [...(await this.#texts(incident))]
    const at = instant(clock.now())
    for (const act of acts) texts.push(nextLine(texts, { at, host: host(), ...act }))
    const path = join(this.#directory(incident), LOG)
    await writeDurable(path, texts.map((one) => `${one}\n`).join(''), { mode: 0o600 }).catch(
      (cause: unknown) => {
        throw fileError(path, cause)
      },
    )
    const fresh = texts.slice(custodyOf(incident, lines()).length)
    await append({
      kind: 'evidence',
      event: 'custody',
      incident,
      lines: fresh.map((text) => {
        const { what = 'read', item } = parseLine(text) ?? {}
        return { line: sha256(text), what, ...(item === undefined ? {} : { item }) }
      }),
    })
  }

  async #texts(incident: IncidentId): Promise<readonly string[]> {
    const file = await readRegular(join(this.#directory(incident), LOG), LOG_LIMIT)
    return file === undefined ? [] : textsOf(file.bytes)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#tail.then(work)
    this.#tail = next.catch(() => {})
    return next
  }

  #directory(incident: IncidentId): string {
    return join(this.#ports.directory, incident)
  }

  /** Throws file.*. */
  async #made(incident: IncidentId): Promise<void> {
    const directory = this.#directory(incident)
    await privateDirectory(directory).catch((cause: unknown) => {
      throw fileError(directory, cause)
    })
  }

  #path(incident: IncidentId, item: string): string {
    return join(this.#directory(incident), item)
  }
}

const WHY: Readonly<Record<string, string>> = { 'evidence.quota': 'quota', 'file.no_space': 'no_room' }
