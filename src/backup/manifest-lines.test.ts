// A manifest is read by two readers that share no line: this one, and tests/oracle/manifest.py, which was written from the page.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asBytes, chance, DAMAGES, sampleLines, sampleManifest } from '../../tests/vectors/manifest/sample.ts'
import { seedOf } from '../../tests/vectors/manifest/seed.ts'
import { sha256 } from '../base/hash.ts'
import { canonical, type Json } from '../base/json.ts'
import type { ManifestEntry } from './manifest.ts'
import { entryOrder, hasSetId, manifestLines, manifestReader, readManifest } from './manifest-lines.ts'
import { entryPath, pathBytes, pathFault, pathInCopy, shownPath } from './manifest-path.ts'
import { lineSplitter } from './split-lines.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const FOLDER = join(ROOT, 'tests/vectors/manifest')

/** What the product says of these bytes, in the oracle's words. */
function ours(bytes: Uint8Array): object {
  let entries = 0
  let setId = 0
  const answer = readManifest(bytes, (_entry, _item, isSetId) => {
    entries++
    if (isSetId) setId++
  })
  if (!answer.ok) return { ok: false, line: answer.line, why: answer.why }
  return { ok: true, id: answer.header.id, entries, setId, digest: sha256(bytes) }
}

function theirs(manifests: readonly Uint8Array[]): readonly object[] {
  const input = manifests.map((one) => `${JSON.stringify(Buffer.from(one).toString('base64'))}\n`).join('')
  const output = execFileSync('python3', ['-I', join(ROOT, 'tests/oracle/manifest.py')], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
}

describe('two readers', () => {
  test('agree on 200 random sound manifests, and on the line and the fault of 400 damaged ones', () => {
    const seed = seedOf('manifests')
    const cases: { readonly name: string; readonly bytes: Uint8Array }[] = []
    const names = Object.keys(DAMAGES)
    for (let i = 0; i < 200; i++) {
      const lines = sampleLines(seed + i)
      cases.push({ name: `${seed + i} sound`, bytes: asBytes(lines) })
      for (let k = 0; k < 2; k++) {
        const name = names[(2 * i + k) % names.length] as string
        cases.push({
          name: `${seed + i} ${name}`,
          bytes: DAMAGES[name]?.(lines, chance(seed + 7 * i + k)) ?? asBytes(lines),
        })
      }
    }
    const answers = theirs(cases.map(({ bytes }) => bytes))
    expect(answers).toHaveLength(cases.length)
    const faults = new Map<string, number>()
    for (const [i, { name, bytes }] of cases.entries()) {
      const own = ours(bytes) as { readonly ok: boolean; readonly why?: string }
      expect(own, name).toEqual(answers[i])
      if (name.endsWith('sound')) expect(own.ok, name).toBe(true)
      else faults.set(own.why ?? 'none', (faults.get(own.why ?? 'none') ?? 0) + 1)
    }
    // The damage is damage: every fault of the page was made.
    for (const why of ['line', 'header', 'entry', 'item', 'order', 'parent', 'hard_link', 'count'])
      expect(faults.get(why) ?? 0, `${seed}: ${why}`).toBeGreaterThan(0)
    // (Where there is no entry to damage, the manifest stays as it was; some sizes and places too.)
    expect(faults.get('none') ?? 0).toBeLessThan(100)
  })

  test('agree on the vectors', () => {
    const vectors = JSON.parse(readFileSync(join(FOLDER, 'cases.json'), 'utf8')) as Record<string, object>
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.ndjson'))
    expect(files.sort()).toEqual(Object.keys(vectors).sort())
    const bytes = files.map((name) => readFileSync(join(FOLDER, name)))
    const answers = theirs(bytes)
    for (const [i, name] of files.entries()) {
      expect(ours(bytes[i] as Uint8Array), name).toEqual(vectors[name])
      expect(answers[i], name).toEqual(vectors[name])
    }
  })
})

describe('writing', () => {
  test('comes back entry by entry, with the digest of its bytes', () => {
    for (let seed = 0; seed < 40; seed++) {
      const { header, entries } = sampleManifest(seed)
      const hash = createHash('sha256')
      const bytes = Buffer.from([...manifestLines(header, entries, hash)].join(''))
      const found: ManifestEntry[] = []
      const answer = readManifest(bytes, (entry) => found.push(entry))
      expect(answer).toEqual({ ok: true, header })
      expect(found).toEqual(entries)
      expect(hash.digest('hex')).toBe(sha256(bytes))
    }
  })

  test('of what its own reader would refuse is a bug, found at once', () => {
    const { header, entries } = sampleManifest(3)
    expect(entries.length).toBeGreaterThan(3)
    expect(() => [...manifestLines(header, [...entries].reverse())]).toThrow(/order|parent/)
    expect(() => [...manifestLines(header, entries.slice(0, -1))]).toThrow(/count/)
    expect(() => [...manifestLines({ ...header, host: '' }, entries)]).toThrow(/host/)
  })
})

describe('roles and passwords of a cluster', () => {
  const { header } = sampleManifest(3)
  const item = {
    name: 'globals:5432',
    kind: 'globals',
    source: 'postgresql:5432',
    root: 'db/globals.sql',
    entries: 1,
    bytes: 0,
    oneMoment: true,
  }
  const secret = {
    item: item.name,
    at: { path: '' },
    mode: 0o600,
    uid: 0,
    gid: 0,
    mtime: '0',
    source: '0:0:0',
  }
  const keyed = { ...secret, type: 'secret', size: 7, keyed: 'a'.repeat(64) }
  const bytes = (entry: object) =>
    asBytes([{ ...header, items: [item] }, entry].map((one) => canonical(one as unknown as Json)))
  const withoutSource = (entry: object) =>
    Object.fromEntries([
      ...Object.entries(entry).filter(([name]) => name !== 'source'),
      ['type', 'directory'],
    ])
  test.each([
    ['one secret at the root', keyed, true],
    ['a secret below it', { ...keyed, at: { path: 'a' } }, false],
    ['bytes in the copy', { ...secret, type: 'file', size: 0, digest: 'a'.repeat(64), sparse: false }, false],
    ['a directory', withoutSource(secret), false],
  ])('%s', (_, entry, ok) => {
    const manifest = bytes(entry)
    expect(ours(manifest)).toMatchObject(ok ? { ok } : { ok, why: 'parent' })
    expect(theirs([manifest])).toEqual([ours(manifest)])
  })
})

describe('what leads out of a tree is refused', () => {
  const sound = sampleLines(5)
  const first = sound.findIndex((line, i) => i > 0 && line.includes('"type":"file"'))
  test.each([
    ['..', { path: '..' }],
    ['below ..', { path: 'a/../../x' }],
    ['absolute', { path: '/etc/passwd' }],
    ['empty segments', { path: 'a//b' }],
    ['an empty last segment', { path: 'a/' }],
    ['.', { path: './a' }],
    ['NUL', { path: 'a\0' }],
    ['.. as base64', { base64: Buffer.from('../\xff', 'latin1').toString('base64') }],
    ['text as base64', { base64: 'YQ==' }],
    ['base64 with spare bits', { base64: '/x==' }],
    ['both', { path: 'a', base64: '/w==' }],
    ['neither', {}],
  ])('%s', (_, at) => {
    const entry = JSON.parse(sound[first] ?? '') as Record<string, Json>
    const lines = sound.with(first, canonical({ ...entry, at: at as Json }))
    expect(readManifest(asBytes(lines))).toMatchObject({ ok: false, line: first + 1, why: 'entry' })
  })

  test('setuid is kept as it was, and flagged', () => {
    const { entries } = sampleManifest(1)
    const file = entries.find((one) => one.type === 'file') as ManifestEntry
    expect([0o4755, 0o2755, 0o6755, 0o755, 0o1644].map((mode) => hasSetId({ ...file, mode }))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ])
    const directory = entries.find((one) => one.type === 'directory') as ManifestEntry
    expect(hasSetId({ ...directory, mode: 0o2775 })).toBe(false)
  })
})

describe('total', () => {
  test('any bytes get an answer, and after a refusal the same one', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readManifest(bytes)))
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.json(), fc.string(), fc.constantFrom(...sampleLines(2)))), (lines) => {
        const reader = manifestReader()
        let refused: object | undefined
        for (const line of lines) {
          const answer = reader.line(line)
          if (refused !== undefined) expect(answer).toEqual(refused)
          if (!answer.ok) refused ??= answer
        }
        if (refused !== undefined) expect(reader.end()).toEqual(refused)
      }),
    )
  })

  test('no answer holds the content of a line', () => {
    for (let seed = 0; seed < 60; seed++) {
      const lines = sampleLines(seed).map((line) =>
        line.replaceAll('web1', 'kanarie').replaceAll('hello', 'kanarie'),
      )
      for (const [name, damage] of Object.entries(DAMAGES)) {
        const answer = readManifest(damage(lines, chance(seed)))
        if (!answer.ok) expect(JSON.stringify(answer), name).not.toContain('kanarie')
      }
    }
  })

  test('lines are the same however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0x0a, 0x61, 0x62), { maxLength: 40 }),
        fc.array(fc.nat(9)),
        (bytes, cuts) => {
          const text = Buffer.from(bytes)
          const splitter = lineSplitter(100)
          const found: string[] = []
          let at = 0
          for (const cut of [...cuts, text.length]) {
            for (const line of splitter.push(text.subarray(at, at + cut)))
              found.push(Buffer.from(line).toString())
            at = Math.min(text.length, at + cut)
          }
          const expected = text.toString().split('\n')
          const last = expected.pop() as string
          expect(found).toEqual(expected)
          expect([splitter.isTorn(), Buffer.from(splitter.rest()).toString()]).toEqual([last !== '', last])
        },
      ),
    )
    const [line] = [...lineSplitter(3).push(Buffer.from('abcdefgh\n'))]
    expect(line?.length).toBeGreaterThan(3)
    const splitter = lineSplitter(3)
    for (let i = 0; i < 1000; i++) expect([...splitter.push(Buffer.from('aaaa'))]).toEqual([])
    expect(splitter.rest().length).toBe(4)
  })
})

describe('paths', () => {
  test('any bytes have one spelling and come back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        expect(Buffer.from(pathBytes(entryPath(bytes))).equals(bytes)).toBe(true)
        expect(shownPath(entryPath(bytes)).isWellFormed()).toBe(true)
      }),
    )
    expect(entryPath(Buffer.from('\ufeffa'))).toEqual({ path: '\ufeffa' })
    expect(entryPath(Buffer.from([0xff]))).toEqual({ base64: '/w==' })
  })

  test('a path without fault, laid below a root, stays there', () => {
    const letters = fc.array(fc.constantFrom(...Buffer.from('./a\\ '), 0, 0xff), { maxLength: 12 })
    fc.assert(
      fc.property(letters, (list) => {
        const bytes = Buffer.from(list)
        if (pathFault(bytes) !== undefined || bytes.length === 0) return
        const whole = Buffer.from(pathInCopy('data', entryPath(bytes))).toString('latin1')
        expect(resolve('/copy', whole)).toBe(`/copy/${whole}`)
      }),
    )
    expect(Buffer.from(pathInCopy('db/x.dump', { path: '' })).toString()).toBe('db/x.dump')
  })

  test('byte order, not the order of letters', () => {
    const at = (path: string, item = 'data') => ({
      ...(sampleManifest(1).entries[0] as ManifestEntry),
      item,
      at: { path },
    })
    const ordered = ['', 'a', 'a!', 'a/b', 'a0', '\uffff', '🚧'].map((path) => at(path))
    expect([...ordered].reverse().sort(entryOrder)).toEqual(ordered)
    expect(entryOrder(at('z', 'a'), at('a', 'b'))).toBeLessThan(0)
  })
})
