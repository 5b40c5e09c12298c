// The pages of docs/spec against the decoders: every kind that a decoder takes stands in a table of its page, with its fields, and in a
// vector, which the second implementation reads. What a decoder takes is asked from the decoder: its refusal of a wrong word names them all.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PLANS, STATEMENTS } from '../../tests/vectors/seal/sample.ts'
import { decode } from '../base/decode.ts'
import { canonical, isObject, type Json } from '../base/json.ts'
import { plan } from '../plans/plan.ts'
import { CHECKS, isNeeded } from './checks.ts'
import { envelope } from './envelope.ts'
import { parseStatement } from './statement.ts'

const ROOT = join(import.meta.dirname, '../..')
const page = (name: string) => readFileSync(join(ROOT, 'docs/spec', `${name}.md`), 'utf8')
const ENVELOPE_PAGE = page('envelope-v1')
const STATEMENT_PAGE = page('statement-v1')

/** Cells of the table rows below a heading, without the head of the table; the first column may be empty, as the row above has it. */
function rowsOf(text: string, heading: string): readonly (readonly string[])[] {
  const from = text.indexOf(`\n## ${heading}`)
  if (from < 0) throw new Error(`no heading ${heading}`)
  const until = text.indexOf('\n## ', from + 1)
  let first = ''
  return text
    .slice(from, until < 0 ? undefined : until)
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('|---'))
    .map((line) =>
      line
        .replace(/^\||\|$/g, '')
        .split(' | ')
        .map((cell) => cell.trim()),
    )
    .map(([place = '', ...cells]) => {
      if (place !== '' && place !== '|') first = place
      return [first, ...cells]
    })
}
const ticked = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)

/** What a decoder takes at this place, from its own refusal of a word that is none. */
function taken(of: unknown, path: string, decoder: Parameters<typeof decode>[0] = plan): readonly string[] {
  const copy = structuredClone(of)
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  let at = copy as { [key: string]: unknown }
  for (const key of keys) at = at[key] as { [key: string]: unknown }
  at[last] = 'no such word'
  const answer = decode(decoder, copy)
  const [, words = ''] = /^one of (.*) expected$/.exec(answer.ok ? '' : answer.why) ?? []
  if (words === '') throw new Error(`${path}: ${JSON.stringify(answer)}`)
  return words.split(', ').sort()
}
const { nginx, dotenv, restore, dataFile } = PLANS

/** Objects of a plan's lists, wherever they stand. */
const objects = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value)
    ? value.flatMap(objects)
    : isObject(value as Json)
      ? [value as Readonly<Record<string, unknown>>, ...Object.values(value as object).flatMap(objects)]
      : []

describe('the plan', () => {
  const rows = rowsOf(ENVELOPE_PAGE, '3. Plan')
  /** Rows of the table of objects: place, kinds, fields. */
  const kindsAt = (place: string) =>
    rows
      .filter(([first, kinds = '']) => first === place && kinds.startsWith('`'))
      .map(([, kinds = '', fields = '']) => ({ kinds: ticked(kinds), fields }))

  test.each([
    [
      'action',
      taken(nginx, 'actions.0.action.kind'),
      Object.values(PLANS).flatMap((one) => one.actions.map(({ action }) => action)),
    ],
    [
      'undo step',
      taken(nginx, 'actions.0.undo.0.kind'),
      Object.values(PLANS).flatMap((one) => one.actions.flatMap(({ undo }) => undo)),
    ],
    ['assertion', taken(nginx, 'pre.0.kind'), Object.values(PLANS).flatMap((one) => one.pre)],
    ['proof', taken(nginx, 'proof.0.kind'), Object.values(PLANS).flatMap((one) => one.proof)],
    [
      'state',
      taken(nginx, 'actions.0.action.files.0.before.kind'),
      objects(Object.values(PLANS)).filter(
        (one) => ('kind' in one && 'mode' in one) || one['kind'] === 'absent' || one['kind'] === 'link',
      ),
    ],
    [
      '`to`',
      taken(dotenv, 'actions.0.action.set.0.to.kind'),
      objects(dotenv).flatMap((one) => ('to' in one ? [one['to']] : [])),
    ],
  ] as const)(
    'each kind of %s stands in its table with its fields, and in a vector',
    (place, kinds, samples) => {
      const table = kindsAt(place)
      expect(table.flatMap((row) => row.kinds).sort()).toEqual(kinds)
      for (const kind of kinds) {
        const used = objects(samples as unknown).filter((one) => one['kind'] === kind)
        expect(used.length, `no vector has the ${place} ${kind}`).toBeGreaterThan(0)
        const fields = table.find((row) => row.kinds.includes(kind))?.fields ?? ''
        for (const field of used.flatMap((one) => Object.keys(one)))
          if (field !== 'kind') expect(ticked(fields), `${place} ${kind}`).toContain(field)
      }
    },
  )

  test.each([
    ['pattern', taken(nginx, 'pattern')],
    ['playbook', taken(nginx, 'playbook')],
    ['keep', taken(nginx, 'keep.by')],
  ])('each word of the field %s stands in its row, and in a vector', (field, words) => {
    const row = rows.find(([first = '']) => ticked(first).includes(field))
    expect(ticked(row?.[1] ?? '')).toEqual(expect.arrayContaining([...words]))
    const used = Object.values(PLANS).map((one) =>
      field === 'keep' ? one.keep.by : one[field as 'pattern' | 'playbook'],
    )
    expect([...new Set(used)].sort()).toEqual(words)
  })

  test('verbs, levels and what is exchanged are those of the decoder', () => {
    const fieldsOf = (place: string, kind: string) =>
      kindsAt(place).find((row) => row.kinds.includes(kind))?.fields ?? ''
    const cases = [
      [fieldsOf('action', 'unit'), taken(nginx, 'actions.1.action.verb')],
      [fieldsOf('action', 'exchange'), taken(restore, 'actions.2.action.of')],
      [fieldsOf('assertion', 'backup'), taken(dataFile, 'pre.0.level')],
    ] as const
    for (const [row, words] of cases) expect(ticked(row)).toEqual(expect.arrayContaining([...words]))
  })

  test('each form of a target stands in its row and in a vector', () => {
    const row = rowsOf(ENVELOPE_PAGE, '1. Notation').find(([first]) => first === 'target') ?? []
    const forms = ['nginx', 'file:', 'data:', 'code:', 'unit:', 'database:', 'schema:', 'command:']
    for (const form of forms) {
      expect(row[1], form).toContain(`\`${form}`)
      const inSome = Object.values(PLANS).some(({ targets }) =>
        targets.some((one) => one.slice(one.indexOf('/') + 1).startsWith(form)),
      )
      expect(inSome, form).toBe(true)
    }
  })
})

test('the table of checks says what the code does', () => {
  const rows = rowsOf(ENVELOPE_PAGE, '6. Evidence').filter(([first = '']) => first.startsWith('`'))
  expect(rows.map(([first = '']) => ticked(first)[0])).toEqual(CHECKS.map(({ name }) => name))
  const need = (is: boolean) => (is ? 'needed' : '–')
  for (const [i, row] of CHECKS.entries()) {
    const { collector, bound, validMs, waivable } = row
    expect(rows[i]?.slice(1), rows[i]?.[0]).toEqual([
      collector,
      bound === 'sealed' ? 'yes' : 'no',
      validMs >= 3_600_000 ? `${validMs / 3_600_000} h` : `${validMs / 60_000} min`,
      need(isNeeded(row, { pattern: 'config' })),
      need(isNeeded(row, { pattern: 'service' })),
      need(isNeeded(row, { pattern: 'data' })),
      need(isNeeded(row, { pattern: 'schema' })),
      need(isNeeded(row, { pattern: 'code' })),
      waivable ? 'yes' : 'no',
    ])
  }
})

test('each kind of facts that a fingerprint is of stands in its table', () => {
  const source = readFileSync(join(ROOT, 'src/plans/fingerprint.ts'), 'utf8')
  const kinds = [...source.matchAll(/kind: '(\w+)'/g)].map(([, kind = '']) => kind).sort()
  const rows = rowsOf(ENVELOPE_PAGE, '5. Fingerprints').filter(
    ([first = '']) => first.startsWith('`') && first !== '`facts.kind`',
  )
  expect(rows.flatMap(([first = '']) => ticked(first)).sort()).toEqual([...new Set(kinds)])
})

test('each field of an envelope stands in its table', () => {
  const fields = rowsOf(ENVELOPE_PAGE, '9. Envelope').flatMap(([first = '']) => ticked(first))
  const answer = decode(envelope, Object.fromEntries(fields.map((one) => [one, 1])))
  // Nothing is unknown to the decoder, and with these there nothing is missing.
  expect(answer.ok ? '' : answer.why).not.toMatch(/unknown|missing/)
  for (const field of fields) {
    const others = Object.fromEntries(fields.filter((one) => one !== field).map((one) => [one, 1]))
    expect(decode(envelope, others).ok).toBe(false)
  }
})

test('each type of statement stands in its table with its fields, and in a vector', () => {
  const answer = parseStatement(canonical({ type: 'no such word' }))
  const [, words = ''] = /^one of (.*) expected$/.exec(answer.ok ? '' : answer.why) ?? []
  const types = words.split(', ').sort()
  const rows = rowsOf(STATEMENT_PAGE, '2. Types').filter(
    ([first = '']) => first.startsWith('`') && first !== '`type`',
  )
  expect(rows.flatMap(([first = '']) => ticked(first)).sort()).toEqual(types)
  const common = new Set(rowsOf(STATEMENT_PAGE, '1. The object').flatMap(([first = '']) => ticked(first)))
  for (const type of types) {
    const used = Object.values(STATEMENTS).filter((one) => one.type === type)
    expect(used.length, type).toBeGreaterThan(0)
    const [, fields = ''] = rows.find(([first = '']) => first === `\`${type}\``) ?? []
    for (const field of used.flatMap((one) => Object.keys(one)))
      if (!common.has(field)) expect(ticked(fields), type).toContain(field)
  }
  const standing = ticked(rows.find(([first]) => first === '`standing`')?.[1] ?? '')
  const sample = STATEMENTS['standing']
  for (const field of ['playbook', 'verb']) {
    const refused = parseStatement(
      canonical({ ...(sample as unknown as Record<string, Json>), [field]: 'no such word' }),
    )
    const [, allowed = ''] = /^one of (.*) expected$/.exec(refused.ok ? '' : refused.why) ?? []
    expect(standing).toEqual(expect.arrayContaining(allowed.split(', ')))
  }
})

test.each([
  ['plan', 'Plan', '3. Plan'],
  ['envelope', 'Envelope', '9. Envelope'],
])('each field of the %s, optional ones too, stands in its table', (file, name, heading) => {
  const source = readFileSync(join(ROOT, file === 'plan' ? 'src/plans' : 'src/seal', `${file}.ts`), 'utf8')
  const [, body = ''] = new RegExp(`export interface ${name} \\{\n(.*?)\n\\}`, 's').exec(source) ?? []
  const fields = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field]) => field)
  expect(fields.length).toBeGreaterThan(10)
  const listed = rowsOf(ENVELOPE_PAGE, heading).flatMap(([first = '']) => ticked(first))
  for (const field of fields) expect(listed, field).toContain(field)
})

test('each label of a digest stands in the table of labels', () => {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (one) => one.endsWith('.ts') && !one.endsWith('.test.ts'),
  )
  const used = sources.flatMap((one) =>
    [...readFileSync(join(ROOT, 'src', one), 'utf8').matchAll(/labelledDigest\(\s*'([a-z0-9-]+)'/g)].map(
      ([, label]) => label,
    ),
  )
  const rows = rowsOf(ENVELOPE_PAGE, '2. Digests').flatMap(([first = '']) => ticked(first))
  expect(new Set(used)).toEqual(new Set(rows))
})

test('the refusals of sections 4 and 5 of a statement are codes of the product', () => {
  const source = ['enough.ts', 'alone.ts', 'lineage.ts']
    .map((file) => readFileSync(join(ROOT, 'src/seal', file), 'utf8'))
    .join('\n')
  const codes = [...source.matchAll(/refused\('([a-z._]+)'/g)].map(([, code]) => code)
  const sections = STATEMENT_PAGE.slice(
    STATEMENT_PAGE.indexOf('\n## 4. '),
    STATEMENT_PAGE.indexOf('\n## 6. '),
  )
  const named = ticked(sections).filter((one) => /^(?:statement|approval|agent)\.[a-z_]+$/.test(one))
  expect(new Set(named)).toEqual(new Set(codes))
})
