// What a restore would take away: three lists by key between what is there now and what the backup holds, and what cannot be read now.
// The lists are sealed by a keyed digest; who writes in between changes it.
import type { EntryPath } from './manifest.ts'
import {
  addRecord,
  byText,
  cutKey,
  indexText,
  type Keyed,
  pathKey,
  type RecordIndex,
  type RecordKey,
  recordKey,
  shownKey,
  stableText,
} from './records.ts'
import { salvage } from './salvage.ts'
import type { Invariants } from './set.ts'

/** One list: how many, and the first thousand keys in the order of their text (UTF-16 code units, as RFC 8785 sorts). */
export interface KeyList {
  readonly count: number
  readonly keys: readonly RecordKey[]
}

/** Of one file or table, or of a directory of files (there a key is a path, and a fingerprint the file's digest). */
export interface Loss {
  /** `ITEM/path`, `ITEM/schema.table`, `ITEM`. */
  readonly name: string
  readonly by: 'record' | 'path' | 'row'
  /** There now, and gone after. */
  readonly gone: KeyList
  /** In both, and not the same: what is there now goes back to what the backup holds. */
  readonly changed: KeyList
  /** Gone now, and back after. */
  readonly back: KeyList
  /** In the backup, and not to be read in what is there now because that is damaged. */
  readonly unreadable: KeyList
  /** Of the damaged file: records that could be read. Absent: it is not damaged. */
  readonly readable?: number
  /** Keyed; holds every key of every list, and how each one that is lost reads now. */
  readonly digest: string
}

/** A table without a primary key: nothing but its size can be compared, and that is said. */
export interface CountedLoss {
  readonly name: string
  readonly by: 'count'
  readonly now: number
  readonly then: number
  readonly digest: string
}

export interface Present {
  readonly index: RecordIndex
  /** The file is damaged: the index holds what salvage could read of it. */
  readonly isDamaged: boolean
}

/** What is there now, of a file's text: whole, or what can be read of it. */
export function presentText(bytes: Uint8Array, rules: Invariants | undefined, keyed: Keyed): Present {
  const whole = indexText(bytes, rules ?? {}, keyed)
  if (whole.ok) return { index: whole.index, isDamaged: false }
  const index: RecordIndex = new Map()
  // What breaks a rule is lost like any other record, and is on the list: rules say what salvage may keep.
  for (const { record, key } of salvage(bytes).records)
    addRecord(index, recordKey(record, rules ?? {}, key), keyed(stableText(record)))
  return { index, isDamaged: true }
}

export const MAX_KEYS = 1000

/** Present against backup, exact to the last record, whatever order either is in. */
export function lossOf(
  of: { readonly name: string; readonly by: 'record' | 'path' | 'row' },
  present: Present,
  backup: RecordIndex,
  keyed: Keyed,
): Loss {
  const gone: Entry[] = []
  const changed: Entry[] = []
  const missing: Entry[] = []
  for (const [key, now] of present.index) {
    const then = backup.get(key) ?? []
    const [onlyNow, onlyThen] = withoutEqual(now, then)
    // Under a key that several records carry, as many as can be paired are changed, the rest is more or less of them.
    for (const [i, fingerprint] of onlyNow.entries())
      (i < onlyThen.length ? changed : gone).push({ key, fingerprint })
    for (const fingerprint of onlyThen.slice(onlyNow.length)) missing.push({ key, fingerprint })
  }
  for (const [key, then] of backup)
    if (!present.index.has(key)) for (const fingerprint of then) missing.push({ key, fingerprint })

  const none: Entry[] = []
  const lists = {
    gone: sorted(gone),
    changed: sorted(changed),
    back: sorted(present.isDamaged ? none : missing),
    unreadable: sorted(present.isDamaged ? missing : none),
  }
  return {
    ...of,
    gone: shown(lists.gone),
    changed: shown(lists.changed),
    back: shown(lists.back),
    unreadable: shown(lists.unreadable),
    ...(present.isDamaged ? { readable: size(present.index) } : {}),
    digest: digestOf({ ...of, ...lists }, keyed),
  }
}

/** Of what is there and cannot be read at all: everything that the backup holds is unreadable now; `stamp` says what stands there. */
export function unreadLoss(loss: Loss, stamp: string, keyed: Keyed): Loss {
  const none: KeyList = { count: 0, keys: [] }
  return {
    ...loss,
    gone: none,
    changed: none,
    back: none,
    unreadable: loss.back,
    readable: 0,
    digest: keyed(`sekisho-loss-unread-v1\0${JSON.stringify([loss.name, stamp, loss.digest])}`),
  }
}

/** Of what comes back nothing can be read: everything that is there now is gone; `stamp` says what comes. */
export function nothingBack(loss: Loss, stamp: string, keyed: Keyed): Loss {
  return {
    ...loss,
    digest: keyed(`sekisho-loss-nothing-back-v1\0${JSON.stringify([loss.name, stamp, loss.digest])}`),
  }
}

/** With keys as people read them, whatever somebody wrote as one: records without a key have none. */
export function shownLoss(loss: Loss): Loss {
  const shown = ({ count, keys }: KeyList): KeyList => ({
    count,
    keys: keys.flatMap((one) => {
      const text = shownKey(one)
      return text === undefined ? [] : [cutKey(text)]
    }),
  })
  return {
    ...loss,
    gone: shown(loss.gone),
    changed: shown(loss.changed),
    back: shown(loss.back),
    unreadable: shown(loss.unreadable),
  }
}

export function countedLoss(name: string, now: number, then: number, keyed: Keyed): CountedLoss {
  const digest = keyed(`sekisho-loss-v1\0${JSON.stringify([name, 'count', now, then])}`)
  return { name, by: 'count', now, then, digest }
}

/** Under one digest, in the order of their names: what an envelope seals and the runner asserts again after the stop. */
export function lossDigest(losses: readonly (Loss | CountedLoss)[], keyed: Keyed): string {
  const all = losses.map(({ name, digest }) => `${JSON.stringify(name)} ${digest}`).sort(byText)
  return keyed(`sekisho-losses-v1\0${all.join('\n')}`)
}

/** Nothing that is there now would go or change. Counts alone never say so, unless there is nothing. */
export function losesNothing(loss: Loss | CountedLoss): boolean {
  return loss.by === 'count' ? loss.now === 0 : loss.gone.count === 0 && loss.changed.count === 0
}

/** Files by path: the digest is the fingerprint (of a secret its keyed hash). */
export function indexPaths(
  files: Iterable<{ readonly at: EntryPath; readonly fingerprint: string }>,
): RecordIndex {
  const index: RecordIndex = new Map()
  for (const { at, fingerprint } of files) addRecord(index, pathKey(at), fingerprint)
  return index
}

interface Entry {
  readonly key: RecordKey
  readonly fingerprint: string
}

/** What either has more of than the other, in the order of its text. */
function withoutEqual(
  now: readonly string[],
  then: readonly string[],
): readonly [readonly string[], readonly string[]] {
  if (now.length === 1 && then.length === 1) return now[0] === then[0] ? [[], []] : [now, then]
  const more = new Map<string, number>()
  for (const fingerprint of now) more.set(fingerprint, (more.get(fingerprint) ?? 0) + 1)
  for (const fingerprint of then) more.set(fingerprint, (more.get(fingerprint) ?? 0) - 1)
  const onlyNow: string[] = []
  const onlyThen: string[] = []
  for (const [fingerprint, count] of [...more].sort(([a], [b]) => byText(a, b)))
    for (let i = 0; i < Math.abs(count); i++) (count > 0 ? onlyNow : onlyThen).push(fingerprint)
  return [onlyNow, onlyThen]
}

function sorted(entries: Entry[]): readonly Entry[] {
  return entries.sort((a, b) => byText(a.key, b.key) || byText(a.fingerprint, b.fingerprint))
}

function shown(entries: readonly Entry[]): KeyList {
  return { count: entries.length, keys: entries.slice(0, MAX_KEYS).map(({ key }) => key) }
}

function size(index: RecordIndex): number {
  let records = 0
  for (const fingerprints of index.values()) records += fingerprints.length
  return records
}

interface Lists {
  readonly name: string
  readonly by: string
  readonly gone: readonly Entry[]
  readonly changed: readonly Entry[]
  readonly back: readonly Entry[]
  readonly unreadable: readonly Entry[]
}

/** Each list line by line, so that no key can pass for another list's: JSON text holds no line feed. */
function digestOf({ name, by, ...lists }: Lists, keyed: Keyed): string {
  const lines = [`sekisho-loss-v1\0${JSON.stringify([name, by])}`]
  for (const list of ['gone', 'changed', 'back', 'unreadable'] as const) {
    lines.push(JSON.stringify([list, lists[list].length]))
    for (const { key, fingerprint } of lists[list]) lines.push(JSON.stringify([key, fingerprint]))
  }
  return keyed(lines.join('\n'))
}
