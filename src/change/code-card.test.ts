// The rows of a card that tell what a change of code touches, and what was noted without blocking.
import { expect, test } from 'vitest'
import type { ChangeView } from '../contract/change.ts'
import { codeRows, codeUndo } from './code-card.ts'

const rows = (tests: object, impact: object, language: 'ja' | 'en' = 'en') =>
  codeRows(
    {
      steps: [],
      checks: [
        { check: 'tests', verdict: 'green', facts: tests },
        { check: 'impact', verdict: 'green', facts: impact },
      ],
    } as unknown as Pick<ChangeView, 'checks' | 'steps'>,
    language,
  ).map(({ label, text }) => `${label}: ${text}`)

const NOTHING = {
  routes: [],
  models: [],
  migrations: [],
  environment: [],
  units: [],
  dependencies: [],
  importers: [],
  notRead: [],
}

test('part of S20 and N23: routes, columns and dependants, a test that proves nothing, and lines that no test ran', () => {
  const found = rows(
    {
      notes: [
        { code: 'tests.proves_nothing', text: 'adds two' },
        { code: 'tests.lines_not_run', path: 'src/a.js', line: 3, text: '3-5' },
        { code: 'of an older release', text: 'x' },
      ],
    },
    {
      ...NOTHING,
      routes: ['+ POST /users  (src/a.js)'],
      importers: Array.from({ length: 10 }, (_, i) => `f${i}`),
      notRead: ['logo.png'],
    },
  )
  expect(found.slice(2)).toEqual([
    'touches: routes + POST /users  (src/a.js); used by f0, f1, f2, f3, f4, f5, f6, f7, 2 more; not read logo.png',
    'noted: A new test passes without the change, too, and proves nothing: adds two',
    'noted: src/a.js:3  Changed lines that no test ran: 3-5',
  ])
})

test('what the runner did not list is counted with what the card does not show', () => {
  const names = [...Array.from({ length: 200 }, (_, i) => `f${i}`), '… + 50']
  const notes = [
    ...Array.from({ length: 14 }, (_, i) => ({
      code: 'impact.print',
      path: 'a.js',
      line: i,
      text: 'console.log',
    })),
    { code: 'impact.more', text: '40' },
  ]
  const found = rows({ notes }, { ...NOTHING, importers: names }).slice(2)
  expect(found[0]).toMatch(/f7, 242 more$/)
  expect(found.at(-1)).toBe('noted: 42 more')
  expect(found).toHaveLength(14)
})

test('figures of a rehearsal that does not count are not shown, and a suite whose report names no test passed nothing', () => {
  const shown = (language: 'ja' | 'en') =>
    codeRows(
      {
        steps: [],
        checks: [
          { check: 'rehearsal', verdict: 'not_tried', facts: { deploy: [3600], back: [2000] } },
          {
            check: 'tests',
            verdict: 'red',
            facts: {
              before: { passed: 0, failed: 0, skipped: 0 },
              after: { passed: 0, failed: 0, skipped: 0 },
            },
          },
        ],
      } as unknown as ChangeView,
      language,
    ).map(({ text }) => text)
  expect(shown('en')).toEqual([
    'not rehearsed: how long the way back takes is not known',
    'no test gave a result',
  ])
  expect(shown('ja')).toEqual([
    '予行していません。取り消しにかかる時間は分かりません',
    'テストの結果は一つもありません',
  ])
})

test('nothing is touched only where somebody looked', () => {
  expect(rows({}, NOTHING).slice(2)).toEqual([
    'touches: no route, column, variable, unit or package changes, and no other file uses what changed',
  ])
  expect(rows({}, {}).slice(2)).toEqual([])
  expect(rows({}, NOTHING, 'ja')[2]).toMatch(/^触れる先: ルート/)
})

test('N04: time of the way back and what it costs are the maximum of the receipt; what no receipt holds was not measured, and is never 0', () => {
  const rehearsed = (facts: object | undefined, language: 'ja' | 'en' = 'en') =>
    codeRows(
      {
        checks: facts === undefined ? [] : [{ check: 'rehearsal', verdict: 'green', facts }],
        steps: [],
      } as unknown as ChangeView,
      language,
    )[0]?.text ?? ''
  for (const back of [[2400], [800, 1900], [1200, 61_300]]) {
    const most = (Math.max(...back) / 1000).toFixed(1)
    const facts = {
      deploy: [900, 1100],
      back,
      lostDeploy: [10, 30],
      lostBack: [7, 20],
      perSecond: 200,
      notCompared: [],
      realSecrets: [],
    }
    expect(rehearsed(facts)).toMatch(new RegExp(`way back (?:[\\d.]+–)?${most.replace('.', '\\.')} s`))
    expect(rehearsed(facts)).toContain('10–30 in the deploy, 7–20 in the way back (200 a second were sent)')
    expect(codeUndo({ undo: { tried: true }, steps: [], checks: [] } as never, most, 'en')).toContain(
      `${most} s`,
    )
    // Requests that nobody sent are not told as none.
    const { lostDeploy: _, lostBack: __, ...unsent } = facts
    expect(rehearsed(unsent)).toContain('requests without an answer were not measured')
  }
  for (const language of ['ja', 'en'] as const) {
    const none = rehearsed(undefined, language)
    expect(none).toMatch(/not rehearsed: how long the way back takes is not known|分かりません/)
    expect(none).not.toMatch(/\d/)
    expect(
      codeUndo({ undo: { tried: false }, steps: [], checks: [] } as never, undefined, language),
    ).not.toMatch(/\d/)
  }
})

test('why tests are red stands below their figures, in both languages', () => {
  const facts = {
    argv: ['npm', 'test'],
    red: [
      {
        run: 'before',
        exit: 127,
        ended: 'exit',
        noReport: 'report.xml',
        lines: ['sh: npm: not found'],
        cases: [],
      },
      { run: 'after', exit: 1, ended: 'exit', lines: [], cases: [{ name: 'a', lines: ['got 1'] }] },
      { run: 'again', ended: 'time', lines: [], cases: [] },
    ],
  }
  expect(rows(facts, NOTHING).slice(2, 8)).toEqual([
    'failed: npm test (the deployed suite): it ended with exit code 127; it wrote no report report.xml; it printed last',
    ':   sh: npm: not found',
    ': npm test (the new suite): it ended with exit code 1',
    ':   a',
    ':     got 1',
    ': npm test (the second run of the new suite): it took longer than it may; it printed nothing',
  ])
  expect(rows(facts, NOTHING, 'ja').slice(2, 8)).toEqual([
    '失敗: npm test（本番の試験）: 終了コード 127 で終わりました。報告 report.xml は書かれていません。最後の出力は次のとおりです',
    ':   sh: npm: not found',
    ': npm test（新しい試験）: 終了コード 1 で終わりました',
    ':   a',
    ':     got 1',
    ': npm test（新しい試験の二回目）: 時間内に終わりませんでした。何も出力していません',
  ])
  expect(rows({}, NOTHING).join('\n')).not.toContain('failed:')
})

test('the card names the commit, on what it goes, and the earlier one of a way back', () => {
  const line =
    'make one commit on 1e4d47771af6 of the content of 9cd3a1f02b11; main moves when the change is kept'
  const shown = (facts: object, language: 'ja' | 'en') =>
    codeRows(
      {
        steps: [{ id: '1', kind: 'commit', lines: [line], state: 'waiting' }],
        checks: [{ check: 'tests', verdict: 'green', facts }],
      } as unknown as Pick<ChangeView, 'checks' | 'steps'>,
      language,
    ).map(({ label, text }) => `${label}: ${text}`)
  expect(shown({}, 'en')).toContain('commit: 9cd3a1f02b11 (now main is at 1e4d47771af6)')
  expect(shown({ back: true }, 'en')).toContain(
    'commit: back to 9cd3a1f02b11, which ran before (now main is at 1e4d47771af6)',
  )
  expect(shown({ back: true }, 'ja')).toContain(
    'コミット: 前に動いていた 9cd3a1f02b11 に戻す（いまは main の 1e4d47771af6）',
  )
})
