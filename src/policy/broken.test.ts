import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { policyReport } from '../words/policy.ts'
import { LANGUAGES } from '../words/words.ts'
import { readPolicy } from './read.ts'

const folder = fileURLToPath(new URL('../../tests/policy/', import.meta.url))
const names = (of: string) =>
  readdirSync(`${folder}${of}`)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
const expected = new Map(
  readFileSync(`${folder}broken/expected.txt`, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const cut = line.indexOf(': ')
      return [line.slice(0, cut), line.slice(cut + 2)] as const
    }),
)

describe('broken files', () => {
  test('there are at least forty, each with its expectation', () => {
    expect(names('broken').length).toBeGreaterThanOrEqual(40)
    expect(names('broken').map((name) => name.replace('.yaml', ''))).toEqual([...expected.keys()])
  })

  test.each(names('broken'))('%s is refused at its places', async (name) => {
    const read = readPolicy(readFileSync(`${folder}broken/${name}`, 'utf8'))
    if (read.ok) throw new Error('passed')
    const places = read.problems.map(({ line, column, code }) => `${line}:${column} ${code}`)
    expect(places.join(', ')).toBe(expected.get(name.replace('.yaml', '')))
    const reports = LANGUAGES.map((language) => policyReport(read.problems, 'sekisho.yaml', language))
    await expect(`${reports.join('\n\n')}\n`).toMatchFileSnapshot(
      `${folder}broken/${name.replace('.yaml', '.txt')}`,
    )
  })

  test.each(names('broken'))('%s: every problem says what and what to do, in both languages', (name) => {
    const read = readPolicy(readFileSync(`${folder}broken/${name}`, 'utf8'))
    if (read.ok) throw new Error('passed')
    for (const language of LANGUAGES)
      for (const problem of read.problems) {
        const lines = policyReport([problem], 'sekisho.yaml', language).split('\n')
        expect(lines[0]).toMatch(/^[✗!] sekisho\.yaml:\d+:\d+ {2}\S/)
        expect(lines.some((line) => /^ {4}(直す|do ) {2}\S/.test(line))).toBe(true)
        expect(lines.join('\n')).not.toMatch(/undefined|…:|\[object/)
      }
  })
})

describe('good files', () => {
  test('there are at least ten', () => {
    expect(names('good').length).toBeGreaterThanOrEqual(10)
  })

  test.each(names('good'))('%s passes', (name) => {
    const read = readPolicy(readFileSync(`${folder}good/${name}`, 'utf8'))
    if (!read.ok) throw new Error(policyReport(read.problems, name, 'en'))
    expect(read.compiled.runner.version).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('the guide', () => {
  const guide = fileURLToPath(new URL('../../docs/guide/', import.meta.url))
  const examples = ['configuration.md', 'configuration.ja.md'].flatMap((name) =>
    [...readFileSync(`${guide}${name}`, 'utf8').matchAll(/```yaml\n([^`]*)```/g)].map(
      ([, text], i) => [`${name} ${i + 1}`, text ?? ''] as const,
    ),
  )
  test('has a small and a full example in each language', () => {
    expect(examples).toHaveLength(4)
  })
  test.each(examples)('%s passes', (name, text) => {
    const read = readPolicy(text)
    if (!read.ok) throw new Error(policyReport(read.problems, name, 'en'))
  })
})
