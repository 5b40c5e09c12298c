import { expect, test } from 'vitest'
import { columns } from '../words/layout.ts'
import { typeThere, VIEW } from './test-gate.ts'

const asked: string[] = []
const answer = (more: object) => (path: string) => {
  asked.push(path)
  return { changes: [VIEW], ...more }
}

test('change list shows when and who, and names the whole line that brings the next page', async () => {
  const { exit, said } = await typeThere(
    ['change', 'list', '--state', 'waiting for approval', '--file', '/etc/a b', '--limit', '1'],
    answer({ next: 'CHG-2026-0042' }),
  )
  expect(exit).toBe(0)
  expect(asked.at(-1)).toContain('state=awaiting_approval')
  expect(said).toMatch(
    /CHG-2026-0042 \d{4}-\d\d-\d\d \d\d:\d\d Claude Code \(for 運用 花子\) waiting for approval/,
  )
  expect(said).toContain(
    "sekisho change list --state 'waiting for approval' --file '/etc/a b' --limit 1 --after CHG-2026-0042",
  )
})

test('the last page does not say that there is more', async () => {
  const { said } = await typeThere(['change', 'list', '--all'], answer({}))
  expect(said).not.toContain('--after')
})

test('a filter of the history includes changes that have ended', async () => {
  for (const [words, open] of [
    [['change', 'list'], true],
    [['change', 'list', '--by', 'ops1'], false],
    [['change', 'list', '--since', '2d'], false],
  ] as const) {
    await typeThere(words, answer({}))
    expect(asked.at(-1)?.includes('open=true'), words.join(' ')).toBe(open)
  }
})

test.each([
  ['--state', 'nonsense'],
  ['--since', 'yesterday'],
  ['--limit', '0'],
  ['--after', '42'],
])('%s %s is wrong usage and asks nothing', async (option, value) => {
  const before = asked.length
  const { exit } = await typeThere(['change', 'list', option, value], answer({}))
  expect(exit).toBe(64)
  expect(asked).toHaveLength(before)
})

test('record search prints change, date and line, what a revision repeats once', async () => {
  const hit = { change: 'CHG-2026-0042', at: '2026-11-25T14:10:00.000Z', by: 'dev', kind: 'change.created' }
  const hits = [
    { ...hit, seq: 9, field: 'reason', line: '  ticket 4711' },
    { ...hit, seq: 7, field: 'reason', line: '  ticket 4711' },
  ]
  const { exit, said } = await typeThere(['record', 'search', 'ticket'], () => ({ hits, next: 7 }))
  expect(exit).toBe(0)
  expect(said.match(/CHG-2026-0042 2026-11-2\d \d\d:\d\d reason: ticket 4711/g)).toHaveLength(1)
  expect(said).toContain('sekisho record search ticket --before 7')
})

test.each([
  ['ja', 'CHG-2026-0041 の取り消し'],
  ['en', 'takes back CHG-2026-0041'],
] as const)(
  'a rollback names the change that it takes back, also where the row is cut (%s)',
  async (language, said) => {
    const one = {
      ...VIEW,
      id: 'CHG-2026-0043',
      takesBack: 'CHG-2026-0041',
      summary: 'アップロードの上限'.repeat(20),
    }
    const list = () => ({ changes: [one, VIEW] })
    const words = ['change', 'list', '--all', '--lang', language]
    const piped = await typeThere(words, list)
    expect(piped.lines.filter((line) => line.includes(said))).toHaveLength(1)
    expect(piped.lines.find((line) => line.startsWith(one.id))).toContain(`${said}  ${one.summary}`)
    const shown = await typeThere(words, list, { interactive: true })
    const at = shown.lines.findIndex((line) => line.startsWith(one.id))
    expect(shown.lines[at + 1]).toBe(`  ${said}`)
    expect(shown.lines[at + 2]).toContain(VIEW.id)
    expect(Math.max(...shown.lines.map(columns))).toBeLessThanOrEqual(80)
    const json = await typeThere([...words, '--json'], list)
    expect(JSON.parse(json.lines.join('\n')).changes[0].takesBack).toBe('CHG-2026-0041')
  },
)
