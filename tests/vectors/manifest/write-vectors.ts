// Writes the vectors of docs/spec/manifest-v1.md again: node tests/vectors/manifest/write-vectors.ts
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../../src/base/hash.ts'
import { readManifest } from '../../../src/backup/manifest-lines.ts'
import { asBytes, chance, DAMAGES, sampleLines } from './sample.ts'

const FOLDER = import.meta.dirname
const answers: Record<string, object> = {}

function write(name: string, bytes: Uint8Array): void {
  let entries = 0
  let setId = 0
  const answer = readManifest(bytes, (_entry, _item, isSetId) => {
    entries++
    if (isSetId) setId++
  })
  answers[name] = answer.ok
    ? { ok: true, id: answer.header.id, entries, setId, digest: sha256(bytes) }
    : { ok: false, line: answer.line, why: answer.why }
  writeFileSync(join(FOLDER, name), bytes)
}

/** The first seed whose manifest is small and has what its damage needs. */
function lines(ok: (lines: readonly string[]) => boolean): readonly string[] {
  for (let seed = 1; ; seed++) {
    const found = sampleLines(seed)
    if (found.length > 5 && found.length < 14 && ok(found)) return found
  }
}

const whole = lines((all) => ['hardLink', 'secret', 'directory', '"link"', 'database', 'base64', 'acl'].every((word) => all.join().includes(word)))
write('sound.ndjson', asBytes(whole))
write('empty.ndjson', Buffer.alloc(0))
const faults = new Set<string>()
for (const name of Object.keys(DAMAGES))
  for (let seed = 1; seed < 200; seed++) {
    const bytes = DAMAGES[name]?.(whole, chance(seed)) ?? Buffer.alloc(0)
    const answer = readManifest(bytes)
    if (answer.ok || answer.line === 1 !== ['counts', 'roots', 'mark'].includes(name) && name !== 'counts') continue
    faults.add(answer.why)
    write(`${name}.ndjson`, bytes)
    break
  }
for (const why of ['parent', 'hard_link', 'count', 'order', 'item'])
  for (let seed = 1; !faults.has(why) && seed < 5000; seed++) {
    const name = Object.keys(DAMAGES)[seed % Object.keys(DAMAGES).length] ?? ''
    const bytes = DAMAGES[name]?.(whole, chance(seed)) ?? Buffer.alloc(0)
    const answer = readManifest(bytes)
    if (answer.ok || answer.why !== why) continue
    faults.add(why)
    write(`${why}.ndjson`, bytes)
  }
writeFileSync(join(FOLDER, 'cases.json'), `${JSON.stringify(answers, undefined, 2)}\n`)
