// X25 and the offline half of N17: every damage is found and named, sound ledgers pass, and a second verifier, written in another
// language from the specification alone, says the same.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ed25519Public, ed25519PublicPem } from '../../src/base/sign.ts'
import { parseLedgerKey } from '../../src/ledger/checkpoint.ts'
import { Verifier } from '../../src/ledger/verify.ts'
import { run } from '../../src/sys/process.ts'
import {
  Chance,
  DAMAGES,
  type Damaged,
  extractOf,
  fileOf,
  makeSample,
  type Sample,
} from '../ledger/sample.ts'

let directory: string
const program = 'dist/sekisho-verify.mjs'
const VECTORS = 'tests/vectors/ledger'
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sekisho-x25-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

interface Named {
  readonly state: string
  readonly exit: number
  readonly seq?: number
  readonly signed?: number
  readonly found?: number
}

function ours(bytes: Buffer, key: string, heads: readonly string[]): Named {
  const read = parseLedgerKey(key)
  if (read === undefined) throw new Error(`no key: ${key}`)
  const verifier = new Verifier({ key: read, heads })
  const lines: Uint8Array[] = []
  let from = 0
  for (let to = bytes.indexOf(10); to >= 0; to = bytes.indexOf(10, from)) {
    lines.push(bytes.subarray(from, to))
    from = to + 1
  }
  for (const line of lines) verifier.line(line)
  return essence(verifier.end(from < bytes.length) as Named)
}

/** State, exit code and whatever is named. */
function essence(verdict: Named): Named {
  const { state, exit, seq, signed, found } = verdict
  const named = Object.entries({ seq, signed, found }).filter(([, value]) => value !== undefined)
  return { state, exit, ...Object.fromEntries(named) }
}

async function theirs(cases: readonly Damaged[]): Promise<Named[]> {
  const tasks = cases.map(({ bytes, key, heads }, i) => {
    const path = join(directory, `case-${i}`)
    writeFileSync(path, bytes)
    return JSON.stringify({ name: String(i), key, path, heads })
  })
  const result = await run(['python3', '-I', 'tests/oracle/verify.py', '--batch'], {
    input: tasks.join('\n'),
    timeoutMs: 170_000,
    maxOutput: 10_000_000,
  })
  expect(result.stderr).toBe('')
  return result.stdout
    .trim()
    .split('\n')
    .map((line) => essence(JSON.parse(line) as Named))
}

function samples(count: number, from: number): Sample[] {
  return Array.from({ length: count }, (_, i) => makeSample(from + i, new Chance(from + i).below(48)))
}

test('part of X25: 1,000 damages: all found, the entry named, by both verifiers alike', async () => {
  const chance = new Chance(25)
  const pool = samples(60, 100)
  const cases: Damaged[] = []
  while (cases.length < 1000) {
    const damaged = chance.pick(DAMAGES)(chance.pick(pool), chance)
    if (damaged !== undefined) cases.push(damaged)
  }
  const second = await theirs(cases)
  cases.forEach(({ name, bytes, key, heads, expected }, i) => {
    const first = ours(bytes, key, heads)
    expect(first.exit, name).not.toBe(0)
    expect(expected, `${name}: ${JSON.stringify(first)}`).toContainEqual(withoutExit(first))
    expect(second[i], `${name}: the second verifier`).toEqual(first)
  })
})

test('part of X25: 200 random ledgers, sound and damaged up to three times: both verifiers agree, no false alarm', async () => {
  const chance = new Chance(77)
  const cases: (Damaged & { readonly sound: boolean })[] = samples(200, 5000).map((sample, i) => {
    const whole = {
      name: `sample ${i}`,
      bytes: fileOf(sample.lines),
      key: sample.key,
      heads: [],
      expected: [],
    }
    if (i % 2 === 0) return { ...whole, sound: true }
    let bytes = whole.bytes
    for (let times = 1 + chance.below(3); times > 0; times--) {
      const at = chance.below(bytes.length)
      const hurt = Buffer.from(bytes)
      hurt[at] = (hurt[at] ?? 0) ^ (1 << chance.below(8))
      const lines = hurt.toString('latin1').split('\n')
      const [one, two] = [chance.below(lines.length), chance.below(lines.length)]
      if (chance.below(2) === 0) [lines[one], lines[two]] = [lines[two] ?? '', lines[one] ?? '']
      bytes = Buffer.from(lines.join('\n'), 'latin1')
    }
    return { ...whole, bytes, sound: false }
  })
  const second = await theirs(cases)
  cases.forEach(({ name, bytes, key, heads, sound }, i) => {
    const first = ours(bytes, key, heads)
    expect(first.state === 'sound', `${name}: ${JSON.stringify(first)}`).toBe(sound)
    expect(second[i], name).toEqual(first)
  })
})

test('part of X25: each byte of one export, one after the other: never sound, and the entry is named', () => {
  const sample = makeSample(9, 12)
  const whole = fileOf(sample.lines)
  let line = 0
  for (let at = 0; at < whole.length; at++) {
    const hurt = Buffer.from(whole)
    hurt[at] = (hurt[at] ?? 0) ^ (1 << (at % 8))
    const verdict = ours(hurt, sample.key, [])
    expect(verdict.exit, `byte ${at}`).not.toBe(0)
    if (line >= 1 && line <= sample.bodies.length)
      expect(verdict, `byte ${at}`).toEqual({ state: 'altered', exit: 2, seq: line })
    if (whole[at] === 10) line++
  }
})

test('part of X25: the vectors of the specification: both verifiers answer what stands there', async () => {
  const cases = JSON.parse(readFileSync(`${VECTORS}/cases.json`, 'utf8')) as {
    readonly file: string
    readonly key: string
    readonly heads: readonly string[]
    readonly verdict: Named
  }[]
  expect(cases.length).toBeGreaterThan(14)
  const damaged = cases.map(({ file, key, heads }) => ({
    name: file,
    bytes: readFileSync(`${VECTORS}/${file}`),
    key,
    heads,
    expected: [],
  }))
  const second = await theirs(damaged)
  damaged.forEach(({ name, bytes, key, heads }, i) => {
    expect(ours(bytes, key, heads), name).toEqual(cases[i]?.verdict)
    expect(second[i], name).toEqual(cases[i]?.verdict)
  })
})

test('part of X25: 300 extracts, sound and damaged: both verifiers agree', async () => {
  const chance = new Chance(300)
  const cases: Damaged[] = []
  for (let i = 0; i < 300; i++) {
    const sample = makeSample(9000 + (i % 30), 2 + chance.below(30))
    const lines = extractOf(sample, chance)
    const bytes = fileOf(lines)
    const kind = i % 4
    const at = chance.below(bytes.length)
    if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8))
    const hurt =
      kind === 2 ? bytes.subarray(0, at) : kind === 3 ? fileOf(lines.filter((_, j) => j !== 1)) : bytes
    cases.push({ name: `extract ${i}`, bytes: hurt, key: sample.key, heads: [], expected: [] })
  }
  const second = await theirs(cases)
  cases.forEach(({ name, bytes, key, heads }, i) => {
    const first = ours(bytes, key, heads)
    expect(first.state === 'sound', name).toBe(i % 4 === 0)
    expect(second[i], name).toEqual(first)
  })
})

test('part of N17: sekisho-verify alone, without network: exit 0; one byte changed: exit 2 and the entry, in both languages', async () => {
  const sample = makeSample(31, 20)
  const path = join(directory, 'export')
  const verify = (language: string, ...more: string[]) =>
    run([...offline(), process.execPath, program, path, '--key', sample.key, '--lang', language, ...more])
  writeFileSync(path, fileOf(sample.lines))
  const sound = await verify('en')
  expect([sound.code, sound.stderr]).toEqual([0, ''])
  expect(sound.stdout).toMatch(/^✓ The ledger is sound: sekisho\/sample-3, 20 entries/)

  const hurt = fileOf(sample.lines)
  const at = hurt.indexOf(sample.bodies[6] ?? '') + 200
  hurt[at] = (hurt[at] ?? 0) ^ 1
  writeFileSync(path, hurt)
  const [english, japanese, json] = await Promise.all([verify('en'), verify('ja'), verify('en', '--json')])
  expect([english?.code, japanese?.code, json?.code]).toEqual([2, 2, 2])
  expect(english?.stdout).toContain('Altered: entry 7')
  expect(japanese?.stdout).toContain('書き換えられています。7 番の記録')
  expect(JSON.parse(json?.stdout ?? '')).toMatchObject({ state: 'altered', exit: 2, seq: 7 })
})

test('part of N17: the exit codes of the program, and of the second verifier', async () => {
  const sample = makeSample(31, 20)
  const path = join(directory, 'exit')
  const other = makeSample(32, 20)
  const both = async (bytes: Buffer, key: string) => {
    writeFileSync(path, bytes)
    const first = await run([process.execPath, program, path, '--key', key])
    const second = await run(['python3', '-I', 'tests/oracle/verify.py', key, path])
    return [first.code, second.code]
  }
  const whole = fileOf(sample.lines)
  expect(await both(whole, sample.key)).toEqual([0, 0])
  expect(await both(Buffer.from(whole.toString().replace('ops1', 'ops2')), sample.key)).toEqual([2, 2])
  expect(await both(whole.subarray(0, 3000), sample.key)).toEqual([3, 3])
  expect(await both(whole, other.key)).toEqual([4, 4])
  const missing = await run([process.execPath, program, join(directory, 'none'), '--key', sample.key])
  expect(missing.code).toBe(1)
  expect((await run([process.execPath, program, path])).code).toBe(64)
  expect((await run([process.execPath, program, path, '--key', sample.key, '--what'])).code).toBe(64)
  writeFileSync(path, whole)
  const [name, pem] = [join(directory, 'key'), join(directory, 'key.pem')]
  writeFileSync(name, `${sample.key}\n`)
  writeFileSync(pem, ed25519PublicPem(ed25519Public(sample.privatePem)))
  for (const key of [name, pem])
    expect((await run([process.execPath, program, path, '--key', key])).code, key).toBe(0)
  expect((await run([process.execPath, program, path, '--key', path])).code).toBe(64)
  const change = ['--change', 'CHG-2026-0002']
  const shown = await run([process.execPath, program, path, '--key', sample.key, ...change])
  expect(shown.stdout).toContain('CHG-2026-0002')
  const absent = await run([
    process.execPath,
    program,
    path,
    '--key',
    sample.key,
    '--change',
    'CHG-2031-0002',
  ])
  expect(absent.code).toBe(1)
  const head = join(directory, 'head')
  writeFileSync(head, makeSample(31, 21).note)
  const longer = await run([process.execPath, program, path, '--key', sample.key, '--checkpoint', head])
  expect([longer.code, longer.stdout]).toEqual([
    3,
    expect.stringContaining('21 entries were signed, 20 are here'),
  ])
})

test('part of N17: the program is one file that reaches for nothing but node itself', () => {
  const text = readFileSync(program, 'utf8')
  const imports = [
    ...text.matchAll(/(?:from\s+|import\(|require\(|getBuiltinModule\()["']([^"']+)["']/g),
  ].map((match) => match[1])
  expect(imports.length).toBeGreaterThan(0)
  for (const name of imports) expect(name).toMatch(/^node:(crypto|fs|fs\/promises|path)$/)
})

function withoutExit({ exit: _exit, ...named }: Named) {
  return named
}

/** As root: in a network namespace of its own, where there is not even a loopback that is up. */
function offline(): string[] {
  return process.getuid?.() === 0 ? ['unshare', '--net', '--'] : []
}
