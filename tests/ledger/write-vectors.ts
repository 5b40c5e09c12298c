// Writes tests/vectors/ledger: run once when a version of the format is born, `node tests/ledger/write-vectors.ts`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { canonical } from '../../src/base/json.ts'
import { parseLedgerKey } from '../../src/ledger/checkpoint.ts'
import {
  append,
  consistencyRanges,
  EMPTY_TREE,
  type Hash,
  hex,
  inclusionRanges,
  leafHash,
  proof,
  root,
} from '../../src/ledger/merkle.ts'
import { Verifier } from '../../src/ledger/verify.ts'
import { Chance, DAMAGES, fileOf, makeSample } from './sample.ts'

const directory = 'tests/vectors/ledger'
mkdirSync(directory, { recursive: true })

const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
]
const bodies = leaves.map((text) => Buffer.from(text, 'hex'))
const rootOf = (list: readonly Uint8Array[]) =>
  root(list.reduce((tree, body) => append(tree, leafHash(body)), EMPTY_TREE))
const nodeAt = ({ height, index }: { height: number; index: number }): Hash =>
  rootOf(bodies.slice(index * 2 ** height, (index + 1) * 2 ** height))
const sizes = [0, ...bodies.map((_, i) => i + 1)]
const tree = {
  leaves,
  roots: sizes.map((size) => hex(rootOf(bodies.slice(0, size)))),
  inclusion: sizes.flatMap((size) =>
    bodies
      .slice(0, size)
      .map((_, index) => ({ index, size, proof: proof(inclusionRanges(index, size), nodeAt).map(hex) })),
  ),
  consistency: sizes.flatMap((size) =>
    sizes
      .filter((old) => old <= size)
      .map((old) => ({ old, size, proof: proof(consistencyRanges(old, size), nodeAt).map(hex) })),
  ),
}
writeFileSync(`${directory}/tree.json`, `${canonical(tree)}\n`)

const cases: {
  file: string
  key: string
  heads: readonly string[]
  verdict: { [key: string]: string | number }
}[] = []
function add(file: string, bytes: Buffer, key: string, heads: readonly string[]): void {
  const read = parseLedgerKey(key)
  if (read === undefined) throw new Error('no key')
  const verifier = new Verifier({ key: read, heads })
  const lines = bytes.toString('latin1').split('\n')
  const last = lines.pop()
  for (const line of lines) verifier.line(Buffer.from(line, 'latin1'))
  const verdict = verifier.end(last !== '')
  const { state, exit } = verdict
  const more =
    verdict.state === 'altered'
      ? { seq: verdict.seq }
      : verdict.state === 'truncated' || verdict.state === 'forked'
        ? { signed: verdict.signed, found: verdict.found }
        : {}
  writeFileSync(`${directory}/${file}`, bytes)
  cases.push({ file, key, heads, verdict: { state, exit, ...more } })
}

for (const [seed, size] of [
  [1, 0],
  [2, 1],
  [3, 8],
  [4, 21],
] as const)
  add(`sound-${size}.ndjson`, fileOf(makeSample(seed, size).lines), makeSample(seed, size).key, [])
const sample = makeSample(6, 9)
const chance = new Chance(6)
for (const damage of new Set(DAMAGES)) {
  const damaged = damage(sample, chance)
  if (damaged === undefined) throw new Error('a sample that every damage fits')
  add(`${damage.name}.ndjson`, damaged.bytes, damaged.key, damaged.heads)
}
writeFileSync(`${directory}/cases.json`, `${JSON.stringify(cases, null, 1)}\n`)
