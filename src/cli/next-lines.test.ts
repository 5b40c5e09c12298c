// Whatever a sentence tells somebody to type exists: a line that is refused in its turn is worse than none.
import { expect, test } from 'vitest'
import { EXIT } from '../base/error-codes.ts'
import { TRANSITIONS } from '../change/change.ts'
import { DOCTOR_WORDS } from '../words/doctor.ts'
import { ERROR_WORDS } from '../words/errors.ts'
import { LANGUAGES, type Sentence } from '../words/words.ts'
import { COMMANDS } from './commands.ts'
import { main } from './main.ts'
import { written } from './test-streams.ts'

const known = new Set(COMMANDS.map(({ words }) => words))
const typedIn = (line: string): string | undefined =>
  /^(?:cd \S+ && )?(?:sudo )?(?:SEKISHO_\S+ )?sekisho (.*)$/.exec(line)?.[1]
const exists = (line: string): boolean => {
  const typed = typedIn(line)
  if (typed === undefined) return true
  const [first = '', second = ''] = typed.split(' ')
  return first === '…' || first === 'help' || known.has(first) || known.has(`${first} ${second}`)
}

test.each([
  ['errors', ERROR_WORDS],
  ['doctor', DOCTOR_WORDS],
] as const)('every next line of %s is a command', (_, table) => {
  const wrong: string[] = []
  let seen = 0
  for (const [code, both] of Object.entries(table))
    for (const language of LANGUAGES) {
      const say = both[language] as (d: (key: string) => string) => Sentence
      for (const line of say(() => '…').next ?? []) {
        seen++
        if (!exists(line)) wrong.push(`${code} (${language}): ${line}`)
      }
    }
  expect(wrong).toEqual([])
  expect(seen).toBeGreaterThan(10)
})

/** As the command line reads it, and nothing is done: with --help the options are read and the help is printed. */
async function understands(typed: string): Promise<boolean> {
  const words = (typed.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''))
  const code = await main([...words, '--help'], {
    environment: {},
    streams: written().streams,
    stdin: async () => Buffer.alloc(0),
    uid: 61_234,
    interrupted: new AbortController().signal,
  })
  return code === EXIT.done
}

test.each([
  ['errors', ERROR_WORDS],
  ['doctor', DOCTOR_WORDS],
] as const)('and every option in a next line of %s is one of that command', async (_, table) => {
  const wrong: string[] = []
  const seen = new Set<string>()
  for (const both of Object.values(table))
    for (const language of LANGUAGES) {
      const say = both[language] as (d: (key: string) => string) => Sentence
      for (const line of say((key) => (key === 'path' ? '/srv/x/.claude/settings.json' : 'X')).next ?? []) {
        const typed = typedIn(line)
        // `X` stands for whatever was typed before: the nearest command is not known here.
        if (typed === undefined || seen.has(typed) || /^(?:help )?X$/.test(typed)) continue
        seen.add(typed)
        if (!(await understands(typed))) wrong.push(`${language}: ${line}`)
      }
    }
  expect(wrong).toEqual([])
  expect(seen.size).toBeGreaterThan(10)
})

test('so is everything that a state of a change offers', () => {
  const lines = Object.values(TRANSITIONS).flatMap((row) =>
    Object.values(row).flatMap(({ type }) => type ?? []),
  )
  expect(lines.filter((line) => !exists(line))).toEqual([])
  expect(lines.length).toBeGreaterThan(10)
})

test('and names the change that it is about', () => {
  const ofChange = new Set(COMMANDS.filter(({ usage }) => usage.startsWith('ID')).map(({ words }) => words))
  const wrong: string[] = []
  for (const [code, both] of Object.entries(ERROR_WORDS))
    for (const language of LANGUAGES) {
      const say = both[language] as (d: (key: string) => string) => Sentence
      const told = (key: string) => (key === 'execution' ? 'CHG-2026-0001/1' : 'CHG-2026-0001')
      for (const line of say(told).next ?? []) {
        const [, first, second, id] = line.split(' ')
        if (ofChange.has(`${first} ${second}`) && id !== 'CHG-2026-0001' && id !== 'ID')
          wrong.push(`${code} (${language}): ${line}`)
      }
    }
  expect(wrong).toEqual([])
})
