// How long an offline verification takes, beside its floor: one SHA-256 over the same bytes, in the same run.
// node bench/ledger.ts [entries]
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Digest } from '../src/base/hash.ts'
import { ed25519Private, ed25519Public } from '../src/base/sign.ts'
import { instant } from '../src/base/time.ts'
import { signCheckpoint } from '../src/ledger/checkpoint.ts'
import { buildEntry, FIRST_PREV } from '../src/ledger/entry.ts'
import { entryLine, headerLine, MAX_LINE_BYTES } from '../src/ledger/export.ts'
import { append, EMPTY_TREE, hex, leafHash, root } from '../src/ledger/merkle.ts'
import { Verifier } from '../src/ledger/verify.ts'
import { readLines } from '../src/sys/lines.ts'

const count = Number(process.argv[2] ?? 100_000)
const name = 'sekisho/bench'
const privatePem = ed25519Private(Buffer.alloc(32, 1))
const directory = mkdtempSync(join(tmpdir(), 'sekisho-bench-'))
const file = join(directory, 'export')

const seconds = async (work: () => Promise<void>): Promise<number> => {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}
const row = (what: string, time: number, more = '') =>
  console.log(
    `${what.padEnd(34)} ${time.toFixed(3).padStart(8)} s  ${Math.round(count / time)
      .toLocaleString('en-US')
      .padStart(11)} entries/s  ${more}`,
  )

try {
  const lines: string[] = []
  const build = await seconds(async () => {
    let tree = EMPTY_TREE
    let prev = FIRST_PREV
    for (let seq = 1; seq <= count; seq++) {
      const draft = {
        kind: 'change.checked',
        subject: `CHG-2026-${String(1 + (seq % 5000)).padStart(4, '0')}`,
        actor: 'system',
        payload: {
          revision: 1,
          checks: [{ check: 'baseline', verdict: 'passed', collector: 'runner', n: seq }],
        },
      }
      const body = buildEntry(draft, { seq, prev, at: instant(1_764_079_200_000 + seq) })
      const leaf = leafHash(body)
      tree = append(tree, leaf)
      prev = hex(leaf) as Digest
      lines.push(entryLine(body, prev))
    }
    const note = signCheckpoint({ origin: name, size: count, root: hex(root(tree)) as Digest }, privatePem)
    lines.unshift(headerLine(note))
  })
  const out = createWriteStream(file)
  for (const line of lines) if (!out.write(`${line}\n`)) await once(out, 'drain')
  out.end()
  await once(out, 'finish')
  lines.length = 0

  const floor = await seconds(async () => {
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
    hash.digest()
  })
  const verify = await seconds(async () => {
    const verifier = new Verifier({ key: { name, publicKey: ed25519Public(privatePem) } })
    let cut = false
    for await (const chunk of readLines(file, MAX_LINE_BYTES)) {
      for (const line of chunk.lines) verifier.line(line)
      cut = chunk.cut
    }
    const verdict = verifier.end(cut)
    if (verdict.state !== 'sound') throw new Error(verdict.state)
  })
  console.log(
    `ledger of ${count.toLocaleString('en-US')} entries, ${(statSync(file).size / 1e6).toFixed(1)} MB`,
  )
  row('floor: sha256 of the same bytes', floor)
  row('offline verification', verify, `${(verify / floor).toFixed(1)} × the floor`)
  row('build and hash the entries', build)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
