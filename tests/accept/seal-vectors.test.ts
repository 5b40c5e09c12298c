// The vectors of docs/spec, held against three readers: the product, ssh-keygen, and a second implementation written from the pages alone.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { decode } from '../../src/base/decode.ts'
import { labelledDigest } from '../../src/base/hash.ts'
import { canonical, type Json, parseCanonical } from '../../src/base/json.ts'
import { parsePublicKey, verifySshSignature } from '../../src/base/sign.ts'
import { isInstant } from '../../src/base/time.ts'
import { plan, planDigest } from '../../src/plans/plan.ts'
import { compiledPolicy, decidingPart, serviceOf } from '../../src/plans/policy.ts'
import { enough } from '../../src/seal/enough.ts'
import { envelope, envelopeDigest, sealWords } from '../../src/seal/envelope.ts'
import { playbookDigest, playbookOutput } from '../../src/seal/playbooks.ts'
import { type PlaybookName, parseStatement, type Signed, statementDigest } from '../../src/seal/statement.ts'
import { isStandingWork, tierOf } from '../../src/seal/tier.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const FOLDER = join(ROOT, 'tests/vectors/seal')
const ORACLE = join(ROOT, 'tests/oracle/seal.py')
const scratch = mkdtempSync(join(tmpdir(), 'sekisho-seal-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

// The files are our own; each test compares what it reads of them.
const vectors = <T>(name: string) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as T

interface Text {
  readonly name: string
  readonly text: string
  readonly digest: string
}
const CANONICAL = vectors<{ readonly sound: readonly string[]; readonly broken: readonly string[] }>(
  'canonical.json',
)
const PLANS = vectors<readonly (Text & { readonly tier: number; readonly standing: boolean })[]>('plans.json')
const ENVELOPES =
  vectors<readonly (Text & { readonly words: string; readonly hex: string })[]>('envelopes.json')
const DIGESTS = vectors<readonly (Text & { readonly label: string })[]>('digests.json')
const DECIDING =
  vectors<readonly { name: string; policy: Json; service: string; digest: string }[]>('deciding.json')
const REFUSED =
  vectors<readonly { kind: 'plan' | 'envelope' | 'statement'; name: string; text: string }[]>('refused.json')
const STATEMENTS =
  vectors<readonly (Text & { signature: string; key: string; fingerprint: string })[]>('statements.json')
const ENOUGH =
  vectors<
    readonly {
      name: string
      policy: Json
      envelope: string
      now: string
      statements: readonly Signed[]
      waiting?: { readonly stored: string; readonly rejected: boolean }
      answer: Json
    }[]
  >('enough.json')
const PLAYBOOKS =
  vectors<readonly (Text & { readonly name: PlaybookName; readonly label: string })[]>('playbook.json')

/** Puts questions to the second implementation, one a line. */
function oracle(questions: readonly object[]): readonly unknown[] {
  const input = questions.map((one) => `${JSON.stringify(one)}\n`).join('')
  const output = execFileSync('python3', ['-I', ORACLE], { input, encoding: 'utf8', maxBuffer: 1 << 26 })
  const answers = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
  expect(answers).toHaveLength(questions.length)
  return answers
}

function value<T>(answer: { readonly ok: true; readonly value: T } | { readonly ok: false }): T {
  if (!answer.ok) throw new Error(JSON.stringify(answer))
  return answer.value
}

describe('the product reads the vectors', () => {
  test('canonical texts come back, others are refused', () => {
    for (const text of CANONICAL.sound) expect(canonical(parseCanonical(text))).toBe(text)
    for (const text of CANONICAL.broken) expect(() => parseCanonical(text), text).toThrow()
  })
  test.each(PLANS)('plan $name', ({ text, digest, tier, standing }) => {
    const read = value(decode(plan, parseCanonical(text)))
    expect({ digest: planDigest(read), tier: tierOf(read), standing: isStandingWork(read) }).toEqual({
      digest,
      tier,
      standing,
    })
  })
  test.each(ENVELOPES)('envelope $name', ({ text, digest, words, hex }) => {
    const sealed = envelopeDigest(value(decode(envelope, parseCanonical(text))))
    expect({ digest: sealed, ...sealWords(sealed) }).toEqual({ digest, words, hex })
  })
  test.each(DIGESTS)('$name', ({ label, text, digest }) => {
    expect(labelledDigest(label, parseCanonical(text))).toBe(digest)
  })
  test.each(DECIDING)('the deciding part: $name', ({ policy, service, digest }) => {
    const read = value(decode(compiledPolicy, policy))
    const on = read.services.find((one) => one.name === service)?.name
    expect(on !== undefined && serviceOf(read, on) && decidingPart(read, on)).toBe(digest)
  })
  test.each(STATEMENTS)('statement $name', ({ text, digest, signature, fingerprint }) => {
    expect(statementDigest(value(parseStatement(text)))).toBe(digest)
    expect(verifySshSignature(signature, Buffer.from(text), 'sekisho')).toMatchObject({
      ok: true,
      fingerprint,
    })
  })
  test.each(REFUSED)('refused: $kind, $name', ({ kind, text }) => {
    const answer =
      kind === 'statement'
        ? parseStatement(text)
        : decode<unknown>(kind === 'plan' ? plan : envelope, JSON.parse(text))
    expect(answer.ok).toBe(false)
  })
  test.each(ENOUGH)('enough: $name', ({ policy, envelope: text, now, statements, waiting, answer }) => {
    const over = value(decode(envelope, parseCanonical(text)))
    if (!isInstant(now)) throw new Error(now)
    const stored = waiting?.stored
    if (stored !== undefined && !isInstant(stored)) throw new Error(stored)
    const found = enough(
      statements,
      over,
      envelopeDigest(over),
      value(decode(compiledPolicy, policy)),
      now,
      verifySshSignature,
      waiting === undefined ? undefined : { stored, rejected: waiting.rejected },
    )
    const { ok } = found
    expect(
      ok ? { approvers: found.approvers, solo: found.solo, demo: found.demo } : { code: found.code },
    ).toEqual(answer)
  })
  // A digest that changes ends every standing statement of that playbook: this test says so before a release does.
  test.each(PLAYBOOKS)(
    'what the playbook $name produces is what standing statements name',
    ({ name, label, text, digest }) => {
      expect(canonical(playbookOutput(name))).toBe(text)
      expect(labelledDigest(label, parseCanonical(text))).toBe(digest)
      expect(playbookDigest(name)).toBe(digest)
    },
  )
})

describe('a second implementation, from the pages alone, agrees', () => {
  test('on canonical texts', () => {
    const sound = oracle(CANONICAL.sound.map((text) => ({ ask: 'canonical', text })))
    expect(sound).toEqual(CANONICAL.sound.map(() => ({ same: true })))
    for (const [i, one] of oracle(CANONICAL.broken.map((text) => ({ ask: 'canonical', text }))).entries())
      expect(one, CANONICAL.broken[i]).toHaveProperty('refused')
  })
  test('on plans, envelopes, digests, and the deciding part of the policy', () => {
    expect(oracle(PLANS.map(({ text }) => ({ ask: 'plan', text })))).toEqual(
      PLANS.map(({ digest, tier, standing }) => ({ digest, tier, standing })),
    )
    expect(oracle(ENVELOPES.map(({ text }) => ({ ask: 'envelope', text })))).toEqual(
      ENVELOPES.map(({ digest, words, hex }) => ({ digest, words, hex })),
    )
    expect(oracle(DIGESTS.map(({ label, text }) => ({ ask: 'digest', label, text })))).toEqual(
      DIGESTS.map(({ digest }) => ({ digest })),
    )
    expect(oracle(PLAYBOOKS.map(({ label, text }) => ({ ask: 'digest', label, text })))).toEqual(
      PLAYBOOKS.map(({ digest }) => ({ digest })),
    )
    expect(oracle(DECIDING.map(({ policy, service }) => ({ ask: 'deciding', policy, service })))).toEqual(
      DECIDING.map(({ digest }) => ({ digest })),
    )
  })
  test('on what must be refused', () => {
    for (const [i, one] of oracle(REFUSED.map(({ kind, text }) => ({ ask: kind, text }))).entries())
      expect(one, `${REFUSED[i]?.kind}, ${REFUSED[i]?.name}`).toHaveProperty('refused')
  })
  test('on statements and who signed them', () => {
    expect(oracle(STATEMENTS.map(({ text, signature }) => ({ ask: 'statement', text, signature })))).toEqual(
      STATEMENTS.map(({ digest, fingerprint }) => ({ digest, fingerprint })),
    )
  })
  test('on whether signatures are enough, and on the code of each refusal', () => {
    // The expected answer is not told: JSON leaves out what is undefined.
    const answers = oracle(ENOUGH.map((one) => ({ ...one, ask: 'enough', answer: undefined })))
    expect(answers).toEqual(ENOUGH.map(({ answer }) => answer))
  })
})

describe('ssh-keygen agrees', () => {
  const check = (key: string, { text, signature }: Signed, namespace = 'sekisho') => {
    writeFileSync(join(scratch, 'signers'), `vector namespaces="sekisho" ${key}\n`)
    writeFileSync(join(scratch, 'signature'), signature)
    return spawnSync(
      'ssh-keygen',
      ['-Y', 'verify', '-f', join(scratch, 'signers'), '-I', 'vector', '-n', namespace].concat(
        '-s',
        join(scratch, 'signature'),
      ),
      { input: text },
    ).status
  }
  test.each(STATEMENTS)('$name', ({ text, signature, key, fingerprint }) => {
    expect(check(key, { text, signature })).toBe(0)
    // Positive control: neither another text, another namespace nor another key passes.
    expect(check(key, { text: `${text}\n`, signature })).not.toBe(0)
    expect(check(key, { text, signature }, 'git')).not.toBe(0)
    const other = STATEMENTS.find((one) => one.key !== key)
    expect(other && check(other.key, { text, signature })).not.toBe(0)
    const read = parsePublicKey(key)
    expect(read.ok && read.key.fingerprint).toBe(fingerprint)
  })
})

test('the vectors are what the generator writes today', () => {
  const before = Object.fromEntries(
    [
      'canonical',
      'plans',
      'envelopes',
      'digests',
      'deciding',
      'refused',
      'statements',
      'enough',
      'playbook',
    ].map((name) => [name, readFileSync(join(FOLDER, `${name}.json`), 'utf8')]),
  )
  execFileSync(process.execPath, [join(FOLDER, 'write-vectors.ts'), scratch], { cwd: ROOT })
  for (const [name, text] of Object.entries(before))
    expect(readFileSync(join(scratch, `${name}.json`), 'utf8'), name).toBe(text)
})
