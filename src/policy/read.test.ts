import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { times } from '../../tests/crash/share.ts'
import { policyReport } from '../words/policy.ts'
import { readPolicy } from './read.ts'
import { MAX_TEXT } from './reading.ts'
import { toInstant } from './wall-time.ts'

const folder = fileURLToPath(new URL('../../tests/policy/', import.meta.url))
const texts = ['good', 'broken'].flatMap((of) =>
  readdirSync(`${folder}${of}`)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => readFileSync(`${folder}${of}/${name}`, 'utf8')),
)
/** What breaks a reader of YAML sooner than letters do. */
const PIECES = [
  '\t',
  '\n',
  ': ',
  '- ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '|',
  '>',
  '&a',
  '*a',
  '!!x ',
  '---\n',
  '...\n',
  '%YAML 9\n',
  '#',
  '? ',
  '<<: ',
  'null',
  '~',
  '0x7f',
  '1e400',
  '.nan',
  '__proto__: 1\n',
  'constructor',
  '\u0000',
  '\u202e',
  '\ud800',
  '\ufeff',
  '  ',
  ',',
]

describe('reading is total', () => {
  test('mutated texts (5,000 in the campaign): no crash, and every problem has a line of the text', () => {
    const mutation = fc.record({
      text: fc.integer({ min: 0, max: texts.length - 1 }),
      edits: fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          cut: fc.integer({ min: 0, max: 12 }),
          put: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 6, unit: 'binary' })),
        }),
        { minLength: 1, maxLength: 6 },
      ),
    })
    fc.assert(
      fc.property(mutation, ({ text, edits }) => {
        let mutated = texts[text] ?? ''
        for (const { at, cut, put } of edits) {
          const from = Math.floor(at * mutated.length)
          mutated = mutated.slice(0, from) + put + mutated.slice(from + cut)
        }
        const read = readPolicy(mutated)
        if (read.ok) return
        expect(read.problems.length).toBeGreaterThan(0)
        const lines = mutated.split('\n').length
        for (const { line, column } of read.problems) {
          expect(line).toBeGreaterThanOrEqual(1)
          expect(line).toBeLessThanOrEqual(lines)
          expect(column).toBeGreaterThanOrEqual(1)
        }
        // eslint-disable-next-line no-control-regex
        expect(policyReport(read.problems, 'x', 'ja')).not.toMatch(/[\0\u202e]|undefined/)
      }),
      { numRuns: times(5000) },
    )
  }, 120_000)

  test.each([
    ['brackets', '['.repeat(20_000)],
    ['maps', '{a: '.repeat(5000)],
    ['lists in lines', Array.from({ length: 2000 }, (_, i) => `${' '.repeat(i)}-`).join('\n')],
    [
      'a billion laughs',
      `a: &a [x,x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*a,*a,*a]`).join('\n')}`,
    ],
    ['too long', 'a'.repeat(MAX_TEXT + 1)],
    ['only a comment', '# nothing\n'],
    ['null', '~\n'],
    ['a prototype', '__proto__: { ok: true }\n'],
  ])('%s is answered', (_, text) => {
    const read = readPolicy(text)
    expect(read.ok).toBe(false)
    if (!read.ok) expect(read.problems[0]?.line).toBeGreaterThanOrEqual(1)
  })
})

describe('one mistake is one problem', () => {
  const sound = readFileSync(`${folder}good/12-other-order-and-comments.yaml`, 'utf8')
  test.each<[string, (text: string) => string]>([
    ['a colon left out', (text) => text.replace('people:', 'people')],
    ['a key mistyped that must be there', (text) => text.replace('people:', 'peple:')],
    ['a stray bracket', (text) => text.replace('people:', '}\npeople:')],
    ['a quote left open', (text) => text.replace(/(["'])(ssh-ed25519 [^"']*)\1/, '$1$2')],
  ])('%s', (_, mistake) => {
    const broken = mistake(sound)
    expect(broken).not.toBe(sound)
    const read = readPolicy(broken)
    if (read.ok) throw new Error('passed')
    expect(read.problems, policyReport(read.problems, 'sekisho.yaml', 'en')).toHaveLength(1)
  })
  test('an open quote or bracket is named where it was opened, with the key beside it', () => {
    const text =
      'services:\n  web:\n    health: { url: http://localhost/, within: 5s\n    configs: []\npeople: {}\n'
    const read = readPolicy(text)
    if (read.ok) throw new Error('passed')
    expect(read.problems).toMatchObject([{ line: 3, column: 13, detail: { near: 'services.web.health' } }])
    expect(policyReport(read.problems, 'sekisho.yaml', 'ja')).toContain('services.web.health のあたり')
  })
})

describe('wall time', () => {
  // From the zone database by hand: Berlin sets back at 2026-10-25 03:00 (+2 → +1) and forward at 2026-03-29 02:00 (+1 → +2).
  test.each([
    ['2026-12-29T18:00', 'Asia/Tokyo', '2026-12-29T09:00:00.000Z'],
    ['2026-07-01T12:00', 'Europe/Berlin', '2026-07-01T10:00:00.000Z'],
    ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
    ['2026-01-01T00:00', 'UTC', '2026-01-01T00:00:00.000Z'],
  ])('%s in %s is %s', (text, zone, wanted) => {
    expect(toInstant({ kind: 'wall', text }, zone, false)).toBe(wanted)
  })
})
