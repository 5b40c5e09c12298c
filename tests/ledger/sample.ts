// Ledgers made up from a seed, and ways to damage their exports, each with what an honest verifier has to answer.
import { createHash } from 'node:crypto'
import type { Digest } from '../../src/base/hash.ts'
import { ed25519Private, ed25519Public } from '../../src/base/sign.ts'
import { instant } from '../../src/base/time.ts'
import { formatLedgerKey, signCheckpoint } from '../../src/ledger/checkpoint.ts'
import { buildEntry, type EntryDraft, FIRST_PREV } from '../../src/ledger/entry.ts'
import { blobLine, entryLine, extractHeaderLine, extractLine, headerLine } from '../../src/ledger/export.ts'
import {
  append,
  EMPTY_TREE,
  type Hash,
  hex,
  inclusionRanges,
  leafHash,
  proof,
  root,
} from '../../src/ledger/merkle.ts'

/** Numbers from a seed, the same on every machine (mulberry32). */
export class Chance {
  #state: number
  constructor(seed: number) {
    this.#state = seed >>> 0
  }
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % limit
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }
}

export interface Sample {
  readonly origin: string
  readonly privatePem: string
  readonly key: string
  readonly bodies: readonly string[]
  readonly note: string
  /** Header, entries, blobs; no line feeds. */
  readonly lines: readonly string[]
  /** Sorted digests and the first entry that names each. */
  readonly blobs: readonly { readonly digest: string; readonly seq: number }[]
}

const KINDS = ['change.created', 'change.planned', 'change.checked', 'change.void', 'policy.applied']
const TEXTS = ['上限を 20MB にして', 'raise the limit', '\u0000\u001f"\\\n', '𠮷😀\u2028', 'é', '']
const START = Date.parse('2026-11-25T14:00:00.000Z')

export function makeKey(seed: number): string {
  return ed25519Private(createHash('sha256').update(`ledger key ${seed}`).digest())
}

export function leafOf(body: string): Digest {
  return hex(leafHash(body)) as Digest
}

/** Chains drafts into bodies. */
export function chain(drafts: readonly EntryDraft[]): string[] {
  const bodies: string[] = []
  let prev = FIRST_PREV
  for (const [i, draft] of drafts.entries()) {
    const body = buildEntry(draft, { seq: i + 1, prev, at: instant(START + i * 1234) })
    prev = leafOf(body)
    bodies.push(body)
  }
  return bodies
}

export function noteFor(bodies: readonly string[], origin: string, privatePem: string): string {
  const tree = bodies.reduce((grown, body) => append(grown, leafHash(body)), EMPTY_TREE)
  return signCheckpoint({ origin, size: bodies.length, root: hex(root(tree)) as Digest }, privatePem)
}

/** The export of drafts and of the bytes they name; `erased` are printed as erased. */
export function sampleOf(
  drafts: readonly EntryDraft[],
  bytes: ReadonlyMap<string, Uint8Array>,
  erased: ReadonlySet<string>,
  seed = 1,
): Sample {
  const origin = `sekisho/sample-${seed % 7}`
  const privatePem = makeKey(seed)
  const bodies = chain(drafts)
  const note = noteFor(bodies, origin, privatePem)
  const first = new Map<string, number>()
  for (const [i, draft] of drafts.entries()) {
    for (const digest of draft.blobs ?? []) if (!first.has(digest)) first.set(digest, i + 1)
  }
  const blobs = [...first]
    .map(([digest, seq]) => ({ digest, seq }))
    .sort((a, b) => (a.digest < b.digest ? -1 : 1))
  const blobLines = blobs.map(({ digest }) =>
    blobLine(
      digest as Digest,
      erased.has(digest)
        ? { state: 'erased' }
        : { state: 'present', bytes: bytes.get(digest) ?? Buffer.alloc(0) },
    ),
  )
  const lines = [headerLine(note), ...bodies.map((body) => entryLine(body, leafOf(body))), ...blobLines]
  const key = formatLedgerKey({ name: origin, publicKey: ed25519Public(privatePem) })
  return { origin, privatePem, key, bodies, note, lines, blobs }
}

/** A random ledger of `size` entries. */
export function makeSample(seed: number, size: number): Sample {
  const chance = new Chance(seed)
  const bytes = new Map<string, Uint8Array>()
  const erased = new Set<string>()
  const drafts: EntryDraft[] = []
  for (let i = 0; i < size; i++) {
    const known = [...bytes.keys()].filter((digest) => !erased.has(digest))
    if (known.length > 0 && chance.below(12) === 0) {
      const digest = chance.pick(known)
      erased.add(digest)
      drafts.push({
        kind: 'blob.erased',
        subject: 'ledger',
        actor: 'ops1',
        payload: { digest, reason: '個人情報' },
      })
      continue
    }
    const blobs: Digest[] = []
    for (let n = chance.below(3); n > 0; n--) {
      const content = Buffer.from(`blob ${seed} ${chance.below(40)} ${'x'.repeat(chance.below(80))}`)
      const digest = createHash('sha256').update(content).digest('hex')
      if (erased.has(digest)) continue
      bytes.set(digest, content)
      blobs.push(digest as Digest)
    }
    drafts.push({
      kind: chance.pick(KINDS),
      subject: `CHG-2026-000${1 + chance.below(5)}`,
      actor: chance.pick(['ops1', 'claude', 'system']),
      payload: {
        n: chance.below(1_000_000) - 500_000,
        text: chance.pick(TEXTS),
        list: [true, null, chance.below(9)],
      },
      ...(blobs.length === 0 ? {} : { blobs }),
    })
  }
  return sampleOf(drafts, bytes, erased, seed)
}

/** Some of its entries, with proofs and the blobs that they name. */
export function extractOf(sample: Sample, chance: Chance): string[] {
  const seqs = sample.bodies.map((_, i) => i + 1).filter((seq) => seq === 1 || chance.below(3) === 0)
  const nodeAt = ({ height, index }: { height: number; index: number }): Hash =>
    root(
      sample.bodies
        .slice(index * 2 ** height, (index + 1) * 2 ** height)
        .reduce((tree, body) => append(tree, leafHash(body)), EMPTY_TREE),
    )
  const entryLines = seqs.map((seq) => {
    const hashes = proof(inclusionRanges(seq - 1, sample.bodies.length), nodeAt)
    return extractLine(
      sample.bodies[seq - 1] ?? '',
      hashes.map((hash) => hex(hash) as Digest),
    )
  })
  const text = entryLines.join('')
  const blobLines = sample.lines.slice(1 + sample.bodies.length).filter((line, i) => {
    const digest = sample.blobs[i]?.digest ?? ''
    // An erased one whose erasure is not chosen cannot stand in an extract.
    if (line.endsWith('"erased":true}') && !text.includes(`"digest":"${digest}"`)) return false
    return seqs.some((seq) => namesBlob(sample.bodies[seq - 1] ?? '', digest))
  })
  const left = sample.blobs.filter(
    ({ digest }, i) =>
      seqs.some((seq) => namesBlob(sample.bodies[seq - 1] ?? '', digest)) &&
      !blobLines.includes(sample.lines[1 + sample.bodies.length + i] ?? ''),
  )
  if (left.length > 0) return extractOf(sample, chance)
  return [extractHeaderLine(sample.note, seqs), ...entryLines, ...blobLines]
}

function namesBlob(body: string, digest: string): boolean {
  const { blobs = [] } = JSON.parse(body) as { readonly blobs?: readonly string[] }
  return blobs.includes(digest)
}

export function fileOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''))
}

/** What the verifier has to answer: the state, and what it names where one answer alone is right. */
export interface Expected {
  readonly state: 'sound' | 'altered' | 'truncated' | 'forked' | 'signature'
  readonly seq?: number
  readonly signed?: number
  readonly found?: number
}
export interface Damaged {
  readonly name: string
  readonly bytes: Buffer
  readonly key: string
  readonly heads: readonly string[]
  /** One of these. */
  readonly expected: readonly Expected[]
}

type Damage = (sample: Sample, chance: Chance) => Damaged | undefined

const plain = (sample: Sample) => ({ key: sample.key, heads: [] as readonly string[] })
const entries = (sample: Sample) => sample.lines.slice(1, 1 + sample.bodies.length)
const rest = (sample: Sample) => sample.lines.slice(1 + sample.bodies.length)

/** Whom a line belongs to: 0 the header, else an entry, or the entry that first names the blob. */
function ownerOf(sample: Sample, line: number): number {
  if (line <= sample.bodies.length) return line
  return sample.blobs[line - 1 - sample.bodies.length]?.seq ?? 0
}

/** One bit of one byte, anywhere in the file. */
const flip: Damage = (sample, chance) => {
  const bytes = fileOf(sample.lines)
  const at = chance.below(bytes.length)
  const before = bytes[at] ?? 0
  bytes[at] = before ^ (1 << chance.below(8))
  let line = 0
  for (let i = 0; i < at; i++) if (bytes[i] === 10) line++
  const seq = ownerOf(sample, line)
  const expected: Expected[] =
    at === bytes.length - 1
      ? [
          sample.lines.length - 1 === sample.bodies.length
            ? {
                state: 'truncated',
                signed: sample.bodies.length,
                found: Math.max(0, sample.bodies.length - 1),
              }
            : { state: 'truncated', signed: sample.bodies.length, found: sample.bodies.length },
        ]
      : line === 0
        ? [{ state: 'altered', seq: 0 }, { state: 'signature' }]
        : [{ state: 'altered', seq }]
  // A file whose only line lost its end has no line at all.
  if (at === bytes.length - 1 && sample.lines.length === 1)
    expected.push({ state: 'truncated', signed: 0, found: 0 })
  return { name: `flip byte ${at} of line ${line}`, bytes, ...plain(sample), expected }
}

const drop: Damage = (sample, chance) => {
  const size = sample.bodies.length
  if (size === 0) return undefined
  const seq = 1 + chance.below(size)
  const kept = entries(sample).filter((_, i) => i !== seq - 1)
  const expected: Expected =
    seq === size ? { state: 'truncated', signed: size, found: size - 1 } : { state: 'altered', seq }
  return {
    name: `drop ${seq}`,
    bytes: fileOf([sample.lines[0] ?? '', ...kept, ...rest(sample)]),
    ...plain(sample),
    expected: [expected],
  }
}

const swap: Damage = (sample, chance) => {
  const size = sample.bodies.length
  if (size < 2) return undefined
  const one = chance.below(size - 1)
  const two = one + 1 + chance.below(size - one - 1)
  const list = [...entries(sample)]
  ;[list[one], list[two]] = [list[two] ?? '', list[one] ?? '']
  return {
    name: `swap ${one + 1} and ${two + 1}`,
    bytes: fileOf([sample.lines[0] ?? '', ...list, ...rest(sample)]),
    ...plain(sample),
    expected: [{ state: 'altered', seq: one + 1 }],
  }
}

const duplicate: Damage = (sample, chance) => {
  const size = sample.bodies.length
  if (size === 0) return undefined
  const seq = 1 + chance.below(size)
  const list = [...entries(sample)]
  list.splice(seq, 0, list[seq - 1] ?? '')
  return {
    name: `duplicate ${seq}`,
    bytes: fileOf([sample.lines[0] ?? '', ...list, ...rest(sample)]),
    ...plain(sample),
    expected: [{ state: 'altered', seq: seq + 1 }],
  }
}

/** Cut at any byte. */
const truncate: Damage = (sample, chance) => {
  const whole = fileOf(sample.lines)
  const at = chance.below(whole.length)
  const bytes = whole.subarray(0, at)
  const lines = bytes.toString('latin1').split('\n').length - 1
  const size = sample.bodies.length
  const found = Math.max(0, Math.min(size, lines - 1))
  const clean = at > 0 && whole[at - 1] === 10
  const expected: Expected =
    lines === 0
      ? { state: 'truncated', signed: 0, found: 0 }
      : clean && lines > size
        ? { state: 'altered', seq: ownerOf(sample, lines) }
        : { state: 'truncated', signed: size, found }
  return { name: `cut at ${at}`, bytes, ...plain(sample), expected: [expected] }
}

/** Somebody without the key rewrites an entry, its hash, and every link after it. */
const fork: Damage = (sample, chance) => {
  const size = sample.bodies.length
  if (size === 0) return undefined
  const seq = 1 + chance.below(size)
  const bodies = rewrite(sample, seq, true)
  const lines = [
    sample.lines[0] ?? '',
    ...bodies.map((body) => entryLine(body, leafOf(body))),
    ...rest(sample),
  ]
  return {
    name: `fork at ${seq}`,
    bytes: fileOf(lines),
    ...plain(sample),
    expected: [{ state: 'forked', signed: size, found: size }],
  }
}

/** An entry and its hash, but not the links: the next one tells. */
const rewriteOne: Damage = (sample, chance) => {
  const size = sample.bodies.length
  if (size === 0) return undefined
  const seq = 1 + chance.below(size)
  const bodies = rewrite(sample, seq, false)
  const lines = [
    sample.lines[0] ?? '',
    ...bodies.map((body) => entryLine(body, leafOf(body))),
    ...rest(sample),
  ]
  const expected: Expected =
    seq === size ? { state: 'forked', signed: size, found: size } : { state: 'altered', seq }
  return { name: `rewrite ${seq}`, bytes: fileOf(lines), ...plain(sample), expected: [expected] }
}

function rewrite(sample: Sample, seq: number, relink: boolean): string[] {
  const bodies = [...sample.bodies]
  let prev: string | undefined
  for (let i = seq - 1; i < bodies.length; i++) {
    const entry = JSON.parse(bodies[i] ?? '{}') as { at: never; blobs?: never } & EntryDraft & { prev: never }
    const { at, prev: old, blobs, ...draft } = entry
    const actor = i === seq - 1 ? `${draft.actor}-else` : draft.actor
    const { kind, subject, payload } = draft
    const body = buildEntry(
      { kind, subject, payload, actor, ...(blobs === undefined ? {} : { blobs }) },
      { seq: i + 1, prev: (prev ?? old) as never, at },
    )
    bodies[i] = body
    prev = leafOf(body)
    if (!relink) break
  }
  return bodies
}

/** The key's owner signed a smaller ledger once; its note is put on the longer one. */
const staleCheckpoint: Damage = (sample, chance) => {
  const size = sample.bodies.length
  if (size < 2) return undefined
  const old = chance.below(size)
  const note = noteFor(sample.bodies.slice(0, old), sample.origin, sample.privatePem)
  return {
    name: `stale checkpoint of ${old}`,
    bytes: fileOf([headerLine(note), ...sample.lines.slice(1)]),
    ...plain(sample),
    expected: [{ state: 'forked', signed: old, found: size }],
  }
}

/** A whole older export, given to a reader who kept a later head. */
const olderExport: Damage = (sample, chance) => {
  const size = sample.bodies.length
  if (size < 2) return undefined
  const old = chance.below(size)
  const note = noteFor(sample.bodies.slice(0, old), sample.origin, sample.privatePem)
  const named = new Set(sample.blobs.filter((blob) => blob.seq <= old).map((blob) => blob.digest))
  const blobs = rest(sample).filter((_, i) => named.has(sample.blobs[i]?.digest ?? ''))
  return {
    name: `older export of ${old}`,
    bytes: fileOf([headerLine(note), ...entries(sample).slice(0, old), ...blobs]),
    key: sample.key,
    heads: [sample.note],
    expected: [{ state: 'truncated', signed: size, found: old }],
  }
}

/** The owner of the key signs a second history; the reader kept a head of the first. */
const signedFork: Damage = (sample, chance) => {
  const size = sample.bodies.length
  if (size < 2) return undefined
  const seq = 1 + chance.below(size)
  const head = seq + chance.below(size - seq + 1)
  const bodies = rewrite(sample, seq, true)
  const note = noteFor(bodies, sample.origin, sample.privatePem)
  const kept = noteFor(sample.bodies.slice(0, head), sample.origin, sample.privatePem)
  return {
    name: `signed fork at ${seq}, head of ${head} kept`,
    bytes: fileOf([
      headerLine(note),
      ...bodies.map((body) => entryLine(body, leafOf(body))),
      ...rest(sample),
    ]),
    key: sample.key,
    heads: [kept],
    expected: [{ state: 'forked', signed: head, found: size }],
  }
}

/** Somebody else's key under the same name. */
const keySwap: Damage = (sample, chance) => {
  const other = makeKey(1_000_000 + chance.below(1000))
  const note = noteFor(sample.bodies, sample.origin, other)
  const bytes = fileOf([headerLine(note), ...sample.lines.slice(1)])
  return { name: 'key swap', bytes, ...plain(sample), expected: [{ state: 'signature' }] }
}

const blobDamage: Damage = (sample, chance) => {
  const lines = [...rest(sample)]
  if (lines.length < 2) return undefined
  const at = chance.below(lines.length - 1)
  const [one, two] = [sample.blobs[at], sample.blobs[at + 1]]
  if (one === undefined || two === undefined) return undefined
  const how = chance.below(4)
  let seq = one.seq
  if (how === 0) lines.splice(at, 1)
  else if (how === 1) [lines[at], lines[at + 1]] = [lines[at + 1] ?? '', lines[at] ?? '']
  else if (how === 2) {
    lines.splice(at, 0, lines[at] ?? '')
    seq = two.seq
  } else {
    if (sample.bodies.some((body) => body.includes(`"digest":"${one.digest}"`))) return undefined
    lines[at] = blobLine(one.digest as Digest, { state: 'erased' })
  }
  // A doubled line stands where the next blob is expected.
  if (how === 2) seq = two.seq
  const bytes = fileOf([...sample.lines.slice(0, 1 + sample.bodies.length), ...lines])
  return { name: `blob ${at} ${how}`, bytes, ...plain(sample), expected: [{ state: 'altered', seq }] }
}

export const DAMAGES: readonly Damage[] = [
  flip,
  flip,
  flip,
  flip,
  drop,
  swap,
  duplicate,
  truncate,
  fork,
  rewriteOne,
  staleCheckpoint,
  olderExport,
  signedFork,
  keySwap,
  blobDamage,
]
