// Exports and extracts through the verifier; what cannot be exported honestly is refused.
import { expect, test } from 'vitest'
import { leafOf, makeSample, noteFor, type Sample } from '../../tests/ledger/sample.ts'
import type { Digest } from '../base/hash.ts'
import { instant } from '../base/time.ts'
import { parseLedgerKey } from './checkpoint.ts'
import { buildEntry } from './entry.ts'
import { type ExportBlob, entryLine, exportLines, extractLines, headerLine } from './export.ts'
import { append, EMPTY_TREE, type Hash, hex, inclusionRanges, leafHash, proof, root } from './merkle.ts'
import { Verifier } from './verify.ts'

function verify(sample: Sample, lines: readonly string[], change?: string) {
  const key = parseLedgerKey(sample.key)
  if (key === undefined) throw new Error('no key')
  const verifier = new Verifier({ key, ...(change === undefined ? {} : { change }) })
  for (const line of lines) verifier.line(Buffer.from(line))
  return verifier.end(false)
}
function blobsOf(sample: Sample) {
  const lines = sample.lines.slice(1 + sample.bodies.length)
  const blobs = new Map<string, ExportBlob>()
  for (const line of lines) {
    const { blob, bytes } = JSON.parse(line) as { blob: string; bytes?: string }
    blobs.set(
      blob,
      bytes === undefined ? { state: 'erased' } : { state: 'present', bytes: Buffer.from(bytes, 'base64') },
    )
  }
  return blobs
}
async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const list: string[] = []
  for await (const line of lines) list.push(line)
  return list
}
async function* stream(bodies: readonly string[]) {
  for (const [i, body] of bodies.entries()) yield { seq: i + 1, body, leaf: leafOf(body) }
}
function inclusion(bodies: readonly string[], seq: number): Digest[] {
  const nodeAt = ({ height, index }: { height: number; index: number }): Hash =>
    root(
      bodies
        .slice(index * 2 ** height, (index + 1) * 2 ** height)
        .reduce((tree, body) => append(tree, leafHash(body)), EMPTY_TREE),
    )
  return proof(inclusionRanges(seq - 1, bodies.length), nodeAt).map((hash) => hex(hash) as Digest)
}
const sample = makeSample(11, 37)
const blobs = blobsOf(sample)
const blob = (digest: Digest) => Promise.resolve(blobs.get(digest))
const chosen = [1, 2, 9, 20, 36, 37]
const entries = chosen.map((seq) => ({
  seq,
  body: sample.bodies[seq - 1] ?? '',
  proof: inclusion(sample.bodies, seq),
}))

test('the export is a function of the ledger: the same bytes twice, and sound', async () => {
  const lines = await collect(exportLines({ note: sample.note, entries: stream(sample.bodies), blob }))
  expect(lines).toEqual(sample.lines)
  expect(verify(sample, lines)).toMatchObject({ state: 'sound', entries: 37, extract: false })
})

test('an entry too few, a blob that is not there, one erased after the head: refused', async () => {
  const source = { note: sample.note, entries: stream(sample.bodies.slice(0, 36)), blob }
  await expect(collect(exportLines(source))).rejects.toMatchObject({ code: 'ledger.damaged' })
  const none = { note: sample.note, entries: stream(sample.bodies), blob: () => Promise.resolve(undefined) }
  await expect(collect(exportLines(none))).rejects.toMatchObject({ code: 'ledger.blob_missing' })
  const gone = {
    note: sample.note,
    entries: stream(sample.bodies),
    blob: () => Promise.resolve({ state: 'erased' } as const),
  }
  await expect(collect(exportLines(gone))).rejects.toMatchObject({ code: 'ledger.checkpoint_old' })
})

test('an extract proves its entries', async () => {
  const lines = await collect(extractLines({ note: sample.note, entries, blob }))
  expect(verify(sample, lines)).toMatchObject({ state: 'sound', entries: 6, extract: true })
})

test('each byte of an extract flipped, each entry dropped: found, and the entry named', async () => {
  const lines = await collect(extractLines({ note: sample.note, entries, blob }))
  for (const [i, line] of lines.entries()) {
    const bytes = Buffer.from(line)
    for (let at = 0; at < bytes.length; at += 3) {
      const hurt = Buffer.from(bytes)
      hurt[at] = (hurt[at] ?? 0) ^ (1 << (at % 8))
      const key = parseLedgerKey(sample.key)
      if (key === undefined) throw new Error('no key')
      const verifier = new Verifier({ key })
      for (const [j, other] of lines.entries()) verifier.line(i === j ? hurt : Buffer.from(other))
      const verdict = verifier.end(false)
      expect(verdict.exit, `line ${i} byte ${at}`).not.toBe(0)
      const seq = chosen[i - 1]
      if (seq !== undefined) expect(verdict, `line ${i} byte ${at}`).toMatchObject({ state: 'altered', seq })
    }
    if (chosen[i - 1] !== undefined) {
      const without = lines.filter((_, j) => j !== i)
      expect(verify(sample, without)).toMatchObject({ state: 'altered', seq: chosen[i - 1] })
    }
  }
})

test('a first entry that follows something, signed by the owner of the key: named', () => {
  const first = buildEntry(
    { kind: 'change.created', subject: 'CHG-2026-0001', actor: 'ops1', payload: {} },
    { seq: 1, prev: 'a'.repeat(64) as Digest, at: instant(0) },
  )
  const note = noteFor([first], sample.origin, sample.privatePem)
  expect(verify(sample, [headerLine(note), entryLine(first, leafOf(first))])).toMatchObject({
    state: 'altered',
    seq: 1,
  })
})

test('a second signature line in the header cannot hide bytes that nobody checks', () => {
  const note = `${sample.note}— witness.example/w ${Buffer.alloc(76, 1).toString('base64')}\n`
  expect(verify(sample, [headerLine(note), ...sample.lines.slice(1)])).toMatchObject({ state: 'signature' })
})

test('the last blob left out, or one line too many: found', () => {
  const last = sample.blobs.at(-1)?.seq
  expect(verify(sample, sample.lines.slice(0, -1))).toMatchObject({ state: 'altered', seq: last })
  const more = [...sample.lines, sample.lines.at(-1) ?? '']
  expect(verify(sample, more)).toMatchObject({ state: 'altered', seq: 0 })
})

test('a note that is none is no head for an export', async () => {
  const source = { note: 'x', entries: stream([]), blob }
  await expect(collect(exportLines(source))).rejects.toMatchObject({ code: 'ledger.no_checkpoint' })
  expect(verify(sample, [])).toMatchObject({ state: 'truncated', exit: 3 })
})
