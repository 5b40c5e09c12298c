// What the child without rights is asked of the bytes of data files, and what it answers: verdicts and lists, never a byte of a record. Pure.
import { judgeText } from '../backup/content.ts'
import { scanTop } from '../backup/json-scan.ts'
import { type Loss, lossOf, presentText, shownLoss } from '../backup/loss.ts'
import { indexText, type Root, stableText } from '../backup/records.ts'
import { salvage } from '../backup/salvage.ts'
import type { Invariants } from '../backup/set.ts'
import { keyedHash } from '../base/hash.ts'

export type ContentTask =
  /** File by file on descriptors from 3 upwards. */
  | {
      readonly kind: 'judge'
      readonly files: readonly {
        readonly rules?: Invariants
        readonly before?: number
        readonly rootBefore?: Root
      }[]
    }
  /** `now` stands on descriptor 3, `then` on 4; either may be absent. */
  | {
      readonly kind: 'loss'
      readonly name: string
      readonly rules?: Invariants
      readonly key: string
      readonly now: boolean
      readonly then: boolean
      /** `then` may be damaged as well: what can be read of it comes back. */
      readonly evidence?: true
    }
  /** Whole records of a damaged file, over the backup's: bytes of the new file on descriptor 5. */
  | { readonly kind: 'salvage'; readonly rules?: Invariants; readonly now: boolean; readonly then: boolean }

export interface JudgedFile {
  readonly verdict: 'good' | 'question' | 'rubbish'
  readonly records: number
  readonly root: Root
  /** Of the first fault: its code and its place. */
  readonly fault?: { readonly code: string; readonly where: string }
}

export type ContentAnswer =
  | { readonly kind: 'judge'; readonly files: readonly JudgedFile[] }
  /** With keys as people read them: few, short, and well-formed whatever stands in the file. */
  | { readonly kind: 'loss'; readonly loss: Loss }
  | { readonly kind: 'salvage'; readonly salvaged: number; readonly fromBackup: number }

export interface ContentResult {
  readonly answer: ContentAnswer
  readonly bytes?: Uint8Array
}

const EMPTY = new TextEncoder().encode('[]')

export function judgeOne(
  bytes: Uint8Array,
  of: { readonly rules?: Invariants; readonly before?: number; readonly rootBefore?: Root },
): JudgedFile {
  const { verdict, records, root, faults, questions } = judgeText(bytes, of.rules, of.before, of.rootBefore)
  const [first] = [...faults, ...questions]
  return {
    verdict,
    records,
    root: root ?? 'other',
    ...(first === undefined ? {} : { fault: { code: first.code, where: whereOf({ ...first }) } }),
  }
}

export function doTask(
  task: Exclude<ContentTask, { readonly kind: 'judge' }>,
  now: Uint8Array | undefined,
  then: Uint8Array | undefined,
): ContentResult {
  switch (task.kind) {
    case 'loss': {
      const keyed = (text: string) => keyedHash(Buffer.from(task.key, 'hex'), text)
      refuseTooMany(now ?? EMPTY)
      const present = presentText(now ?? EMPTY, task.rules, keyed)
      if (task.evidence === true) refuseTooMany(then ?? EMPTY)
      const { index } =
        task.evidence === true
          ? presentText(then ?? EMPTY, task.rules, keyed)
          : indexText(then ?? EMPTY, task.rules ?? {}, keyed)
      const loss = lossOf({ name: task.name, by: 'record' }, present, index, keyed)
      return { answer: { kind: 'loss', loss: shownLoss(loss) } }
    }
    case 'salvage':
      return mended(task.rules, now ?? new Uint8Array(), then ?? EMPTY)
  }
}

/** A million records take twenty seconds and 700 MB to be compared: measured. What a writer that never ends has made is not waited for. */
const RECORDS_MAX = 1_000_000

/** Throws: of what is there now no list is made, and the caller says so. */
function refuseTooMany(bytes: Uint8Array): void {
  let records = 0
  scanTop(bytes, () => {
    records += 1
    if (records > RECORDS_MAX) throw new RangeError('too many records')
  })
}

/** `record 17 title`, `byte 4096`: a place and never a value. */
function whereOf(fault: Readonly<Record<string, unknown>>): string {
  return ['record', 'byte', 'field', 'expected', 'found', 'records', 'minimum', 'before', 'limit']
    .flatMap((name) => (fault[name] === undefined ? [] : [`${name} ${String(fault[name])}`]))
    .join(', ')
}

/** The backup's records, each replaced by the newer one that could still be read, and those that only the damaged file has. */
function mended(rules: Invariants | undefined, now: Uint8Array, then: Uint8Array): ContentResult {
  const rescued = salvage(now, rules)
  const kept = salvage(then, rules)
  const isObject = kept.top === 'object' || (kept.records.length === 0 && rescued.top === 'object')
  const text = new TextDecoder()
  const records = new Map<string, { readonly key?: string; readonly text: string; readonly saved: boolean }>()
  const add = (from: typeof rescued, saved: boolean) => {
    const alike = new Map<string, number>()
    for (const one of from.records) {
      const written = text.decode(from.bytes.subarray(one.span.start, one.span.end))
      const id = rules?.id === undefined ? one.key : idOf(one.record, rules.id)
      records.set(id ?? nameless(one.record, alike), {
        text: written,
        saved,
        ...(one.key === undefined ? {} : { key: one.key }),
      })
    }
  }
  add(kept, false)
  add(rescued, true)
  const all = [...records.values()]
  const lines = all.map((one) => (isObject ? `${JSON.stringify(one.key ?? '')}: ${one.text}` : one.text))
  const [open, close] = isObject ? ['{', '}'] : ['[', ']']
  const body = lines.length === 0 ? '' : `\n  ${lines.join(',\n  ')}\n`
  return {
    answer: {
      kind: 'salvage',
      salvaged: all.filter(({ saved }) => saved).length,
      fromBackup: all.filter(({ saved }) => !saved).length,
    },
    bytes: new TextEncoder().encode(`${open}${body}${close}\n`),
  }
}

/** Nothing names it: it is the same as an equal one of the other side, the second as the second. */
function nameless(record: unknown, alike: Map<string, number>): string {
  const text = stableText(record)
  const before = alike.get(text) ?? 0
  alike.set(text, before + 1)
  return `= ${before} ${text}`
}

function idOf(record: unknown, field: string): string | undefined {
  const value = (record as Readonly<Record<string, unknown>> | null)?.[field]
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    ? `id ${typeof value} ${String(value)}`
    : undefined
}
