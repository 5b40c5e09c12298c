// The card as an approver sees it, in both languages, at 80 columns and narrower: golden texts live in tests/fixtures/card/.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ChangeView, changeView } from '../contract/change.ts'
import { columns } from '../words/layout.ts'
import { renderCard } from './card.ts'
import { schemaLines, schemaUndo } from './schema-card.ts'

const FIXTURES = join(import.meta.dirname, '../../tests/fixtures/card')
const VIEW: ChangeView = changeView.parse(JSON.parse(readFileSync(join(FIXTURES, 'view.json'), 'utf8')))
const golden = (name: string) => readFileSync(join(FIXTURES, name), 'utf8')

describe('the card', () => {
  test.each(['ja', 'en'] as const)('%s reads as the golden text', (language) => {
    expect(renderCard(VIEW, { language, width: 80, zone: 'Asia/Tokyo' })).toBe(golden(`${language}.txt`))
  })
  test('part of S14: the same plan with hostile prose leaves every computed line identical', () => {
    const hostile = '\u202e承認済み\u001b[2J\n検査    ✓ すべて通過'
    const other = { ...VIEW, explanation: { impact: hostile, risk: hostile, by: 'agent' as const } }
    const lines = (view: ChangeView) =>
      renderCard(view, { language: 'ja', width: 80, zone: 'UTC' }).split('\n')
    const computed = (view: ChangeView) =>
      lines(view).filter((line) => /^(何を|どこで|いつ|戻し方|維持|検査|壁)/.test(line))
    expect(computed(other)).toEqual(computed(VIEW))
    expect(lines(other).join('\n')).not.toMatch(/[\u202e\u001b]/)
    expect(lines(other).join('\n')).toContain('<U+202E>')
  })
  test('part of S14: an author’s summary stands beside the computed files, and never in their place', () => {
    const view = { ...VIEW, summary: '誤字を直す\n壁  なし' }
    const card = renderCard(view, { language: 'ja', width: 80, zone: 'UTC' })
    expect(card).toContain(
      '何を        「誤字を直す<U+000A>壁  なし」\n            /etc/nginx/sites-available/mirai   +1 -1 行\n',
    )
  })
  test('part of S14: no line of a file can take a line off the card, and what nobody sees is shown', () => {
    const diff = [
      '--- /etc/a\n+++ /etc/a\n@@ -1,2 +1,3 @@\n--- was here\n+++ evil\n+x \n y\r\n',
      '--- /etc/b\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n',
      '--- /dev/null\n+++ /etc/c\n@@ -0,0 +1 @@\n+new\n\\ No newline at end of file\n',
    ].join('')
    const card = renderCard({ ...VIEW, diff }, { language: 'en', width: 80, zone: 'UTC' })
    expect(
      card
        .split('\n')
        .slice(4, 14)
        .map((line) => line.trim()),
    ).toEqual([
      'What      /etc/nginx/sites-available/mirai   +3 -2 lines',
      '/etc/a',
      '- -- was here',
      '+ ++ evil',
      '+ x<U+0020>',
      '/etc/b  the file is deleted',
      '- gone',
      '/etc/c  a new file',
      '+ new  (no line feed at the end)',
      'Where     web1   reload nginx (no restart, no downtime)',
    ])
  })
  test('a line as long as a file is cut, and it is said how much of it', () => {
    const diff = `--- /etc/a\n+++ /etc/a\n@@ -1 +1 @@\n-a\n+${'b'.repeat(5000)}\n`
    const card = renderCard({ ...VIEW, diff }, { language: 'en', width: 80, zone: 'UTC' })
    expect(card).toContain(`b … 4200   sekisho change diff ${VIEW.id}\n`)
    expect(card.match(/b+/g)?.find((run) => run.length > 100)).toHaveLength(800)
  })
  test('part of S27: a rollback shows every number of what it loses, another change how many it leaves out', () => {
    const tables = Array.from({ length: 25 }, (_, i) => ({ table: `t${i}`, line: 1, statement: 0, rows: 3 }))
    const shown = (facts: Readonly<Record<string, unknown>>) => {
      const trial = { check: 'trial', verdict: 'green', facts, problems: [] } as unknown
      const view = { ...VIEW, checks: [trial as ChangeView['checks'][number]] }
      return schemaLines(view, 'en').map((line) => line.trim())
    }
    const losses = tables.flatMap((one) => [
      { ...one, kind: 'rows' },
      { ...one, kind: 'updated', rows: 2 },
    ])
    const back = shown({ losses, atRisk: [], moved: [], movedMore: 5 })
    for (const { table } of tables) {
      expect(back).toContain(`3 rows of ${table} lose what they hold (line 1; counted in the clone)`)
      expect(back).toContain(`line 1: changes 2 and deletes 0 rows of ${table} (counted in the clone)`)
    }
    expect(back.join()).not.toContain('more of this kind')
    const other = shown({ atRisk: tables.slice(0, 22), atRiskMore: 5 })
    expect(other.at(-1)).toBe(`7 more of this kind (sekisho change evidence ${VIEW.id} lists 22)`)
    expect(other.filter((line) => line.startsWith('3 rows of'))).toHaveLength(20)
  })
  test('part of S27: every list of a rehearsal that the card cuts says how many more there are', () => {
    const names = (count: number) => Array.from({ length: count }, (_, i) => `t${i}`)
    const checks = [
      {
        check: 'trial',
        facts: {
          losses: [],
          shut: { writes: 5, reads: 5 },
          locked: Object.fromEntries(names(8).map((one) => [one, {}])),
          differs: names(23).map((name) => ({ what: 'setting', name, live: 'a', clone: 'b' })),
        },
      },
      {
        check: 'validation',
        facts: { told: names(31).map((table) => ({ rule: 'drop_column', line: 1, table })) },
      },
      {
        check: 'undo',
        facts: {
          reordered: names(2),
          reorderedMore: 3,
          onlyNew: names(2),
          onlyNewMore: 4,
          notMeasured: names(2).map((table) => ({ table, why: 'x' })),
          notMeasuredMore: 5,
          notBack: names(2).map((what) => ({ what, rows: 1 })),
          notBackMore: 6,
        },
      },
    ].map((one) => ({ ...one, verdict: 'green', problems: [] }) as unknown as ChangeView['checks'][number])
    const view = { ...VIEW, checks, undo: { ...VIEW.undo, milliseconds: 5 } }
    const all = (language: 'ja' | 'en') =>
      [...schemaLines(view, language), schemaUndo(view, language)].map((line) => line.trim())
    const [en, ja] = [all('en'), all('ja')]
    const of = (count: number) => `${count} more of this kind (sekisho change evidence ${VIEW.id} lists all)`
    expect(en.filter((line) => line.startsWith('rule of the text'))).toHaveLength(20)
    expect(en).toContain(of(11))
    expect(en).toContain(of(3))
    expect(ja).toContain(
      `同じ種類のものが、ほかに 11 件ある（全部は sekisho change evidence ${VIEW.id} に出る）`,
    )
    for (const said of [
      't4, and 3 more)',
      't1, and 3 more ',
      't1, and 4 more',
      't1, and 5 more',
      'of t1, and 6 more',
    ])
      expect(en.join('\n')).toContain(said)
    for (const count of [3, 4, 5, 6]) expect(ja.join('\n')).toContain(`、ほか ${count} 件`)
  })
  test('findings of a check beyond the first are counted, with those that the trial left out', () => {
    const found = Array.from({ length: 24 }, (_, i) => ({
      code: 'sql.drop_table',
      path: 'a',
      line: i,
      text: '{}',
    }))
    const problems = [...found, { code: 'validation.more', path: 'a', text: '7' }]
    const checks = VIEW.checks.map((one) =>
      one.check === 'validation' ? { ...one, verdict: 'red' as const, problems } : one,
    )
    const card = (language: 'ja' | 'en') =>
      renderCard({ ...VIEW, checks }, { language, width: 80, zone: 'UTC' })
    expect(card('en')).toContain(`and 11 more   sekisho change evidence ${VIEW.id}\n`)
    expect(card('ja')).toContain(`ほかに 11 件   sekisho change evidence ${VIEW.id}\n`)
    expect(card('en')).toContain('a:19')
    expect(card('en')).not.toContain('a:20')
  })
  test('blanks around a value that is set are shown', () => {
    const lines = ['edit /srv/.env (absent)', '  set LEVEL=  a  ']
    const view = { ...VIEW, steps: [{ id: '1', kind: 'editEnv', lines, state: 'waiting' as const }] }
    const card = renderCard(view, { language: 'en', width: 80, zone: 'UTC' })
    expect(card).toContain('set LEVEL=  a<U+0020><U+0020>')
  })
  test('the machine stands by its name, never by the word that the rules have for it', () => {
    const where = (language: 'ja' | 'en', machine?: string) =>
      renderCard(
        { ...VIEW, host: 'local' },
        { language, width: 80, zone: 'UTC', ...(machine === undefined ? {} : { machine }) },
      )
        .split('\n')
        .find((line) => /^(どこで|Where)/.test(line))
    expect(where('ja', 'web1')).toMatch(/^どこで +web1 {3}/)
    expect(where('en')).toMatch(/^Where +the gate’s machine {3}/)
    for (const line of [where('ja'), where('en', 'web1')]) expect(line).not.toContain('local')
  })
  test('a repair of a service that is down says so in one line, and not beside the checks', () => {
    const checks = VIEW.checks.map((one) =>
      one.check === 'health' ? { ...one, verdict: 'not_applicable' as const } : one,
    )
    const card = (language: 'ja' | 'en') =>
      renderCard({ ...VIEW, checks, startsFrom: 'down' }, { language, width: 80, zone: 'UTC' })
    expect(card('en')).toMatch(/^ {2}! +down now; this change is meant to repair it\./m)
    expect(card('ja')).toMatch(/^ {2}! +いま停止中。この変更はそれを直すためのもの。/m)
    expect(card('en')).not.toContain('healthy')
    expect(renderCard(VIEW, { language: 'en', width: 80, zone: 'UTC' })).not.toContain('down now')
  })
  test('checks that are all green are one line; one that is not shows them all, and warnings never fold', () => {
    const card = (checks: ChangeView['checks'], more: Partial<ChangeView> = {}) =>
      renderCard({ ...VIEW, ...more, checks }, { language: 'en', width: 80, zone: 'UTC' })
    expect(card(VIEW.checks)).toContain(
      'Checks    ✓ all 8 passed  ○ not applicable: backup, tests, rehearsal\n',
    )
    for (const verdict of ['red', 'unknown', 'not_tried', 'waived', 'pending'] as const) {
      const one = VIEW.checks.map((each) => (each.check === 'undo' ? { ...each, verdict } : each))
      expect(card(one)).not.toContain('passed')
      expect(card(one)).toContain('✓ baseline')
    }
    const shared = { wall: ['wall.runner', 'wall.shared_user'] }
    const folded = card(VIEW.checks, shared)
    expect(folded).toContain('  said    impact')
    expect(folded).toContain('  !       admin.example.jp uses the same file')
    expect(folded).toMatch(/^Wall /m)
    // What nobody looked at is named: a service without declared health has no tick for it.
    const blind = VIEW.checks.map((each) =>
      each.check === 'health' ? { ...each, verdict: 'not_applicable' as const } : each,
    )
    expect(card(blind)).toMatch(/✓ all 7 passed {2}○ not applicable: healthy, backup, tests,\s+rehearsal/)
  })
  test('a check that stands in the way is shown with the name that a waiver takes', () => {
    const checks = VIEW.checks.map((one) =>
      one.check === 'health' || one.check === 'trial' ? { ...one, verdict: 'red' as const } : one,
    )
    for (const language of ['ja', 'en'] as const) {
      const card = renderCard({ ...VIEW, checks }, { language, width: 80, zone: 'UTC' })
      expect(card).toContain('[health]')
      expect(card).toContain('[trial]')
      expect(card).not.toContain('[undo]')
    }
  })
  test('a tick of validation names the files that no validator reads, and without any that was read there is no tick', () => {
    const card = (language: 'ja' | 'en', verdict: 'green' | 'no_validator') => {
      const facts = { noValidator: ['/etc/logrotate.d/app'] }
      const checks = VIEW.checks.map((one) => (one.check === 'validation' ? { ...one, verdict, facts } : one))
      return renderCard({ ...VIEW, checks }, { language, width: 200, zone: 'UTC' })
    }
    expect(card('en', 'green')).toContain('✓ validated (sandbox) (no validator for /etc/logrotate.d/app)')
    expect(card('ja', 'green')).toContain('（検査する道具がないもの: /etc/logrotate.d/app）')
    expect(card('en', 'no_validator')).toContain('○ validated (sandbox) (no validator for this kind)')
    expect(card('en', 'no_validator')).not.toContain('✓ validated')
    expect(card('ja', 'no_validator')).toContain('（この種類を検査する道具はない）')
  })
  test('a tick that no program of the machine gave says what was read', () => {
    const facts = { validator: 'crontab', ownReading: ['crontab'] }
    const checks = VIEW.checks.map((one) => (one.check === 'validation' ? { ...one, facts } : one))
    const card = (language: 'ja' | 'en') =>
      renderCard({ ...VIEW, checks }, { language, width: 200, zone: 'UTC' })
    expect(card('en')).toContain('✓ syntax (read by Sekisho) (time, user and command of each line; cron has')
    expect(card('en')).not.toContain('sandbox')
    const narrow = renderCard({ ...VIEW, checks }, { language: 'ja', width: 80, zone: 'UTC' })
    expect(narrow.split('\n').filter((line) => columns(line) > 80)).toEqual([])
    expect(card('ja')).toContain('✓ 構文（関所の読み取り）（各行の時刻・利用者・命令の形だけ')
  })
  test('a file that can lock the administrators out says so, also beside files of another kind', () => {
    for (const kinds of [{ kind: 'sudoers' }, { kind: 'several', kinds: ['file', 'sudoers'] }]) {
      const card = (language: 'ja' | 'en') =>
        renderCard({ ...VIEW, ...kinds }, { language, width: 100, zone: 'UTC' })
      expect(card('en')).toContain('!       a mistake can take sudo from the administrators')
      expect(card('ja')).toContain('管理者が sudo を使えなくなることがあります')
    }
    expect(renderCard(VIEW, { language: 'en', width: 100, zone: 'UTC' })).not.toContain('a mistake can')
  })
  test('lines that come and lines that go are counted apart, and a link has no lines', () => {
    const what = (diff: string, language: 'ja' | 'en' = 'en') =>
      renderCard({ ...VIEW, diff }, { language, width: 200, zone: 'UTC' })
        .split('\n')
        .find((line) => /^(何を|What)/.test(line))
        ?.replace(/^\S+ +\S+ */, '')
    const head = '--- /a\n+++ /a\n@@ -1,2 +1,1 @@\n'
    expect(what(`${head} x\n-y\n`)).toBe('-1 line')
    expect(what('--- /dev/null\n+++ /a\n@@ -0,0 +1,3 @@\n+1\n+2\n+3\n')).toBe('+3 lines')
    expect(what('--- /a\n+++ /a\n-OLD\n~LIMIT\n+NEW\n', 'ja')).toBe('+1 -1 ~1 行')
    expect(what('--- /a\n+++ /dev/null\n-link /b\n')).toBe('')
  })
  test('the way back of what was not there before is its removal', () => {
    const made = '--- /dev/null\n+++ /a\n@@ -0,0 +1,1 @@\n+1\n'
    const linked = '--- /dev/null\n+++ /b\n+link /a\n'
    const changed = '--- /c\n+++ /c\n@@ -1,1 +1,1 @@\n-1\n+2\n'
    const back = (diff: string, language: 'ja' | 'en') =>
      renderCard({ ...VIEW, diff }, { language, width: 200, zone: 'UTC' })
        .split('\n')
        .find((line) => /^(戻し方|Way back)/.test(line))
    expect(back(made + linked, 'en')).toMatch(/Way back +remove what was made: tried/)
    expect(back(made + linked, 'ja')).toMatch(/戻し方 +新しく作ったものを削除する。/)
    expect(back(made + changed, 'en')).toMatch(/put the old files back and remove what was made: tried/)
    expect(back(changed, 'en')).toMatch(/put the old file back: tried/)
  })
  test('what is set in a .env is said in the reader’s language', () => {
    const lines = [
      'edit /srv/.env (absent)',
      '  set LEVEL=set A to secret b/C version 1',
      '  set TOKEN to secret mirai/TOKEN version 2',
      '  unset OLD',
    ]
    const view = { ...VIEW, steps: [{ id: '1', kind: 'editEnv', lines, state: 'waiting' as const }] }
    const card = renderCard(view, { language: 'ja', width: 80, zone: 'UTC' })
    expect(card).toContain('設定 LEVEL=set A to secret b/C version 1')
    expect(card).toContain('設定 TOKEN に秘密 mirai/TOKEN の版 2')
    expect(card).toContain('削除 OLD')
    expect(renderCard(view, { language: 'en', width: 80, zone: 'UTC' })).toContain(`${lines[2]?.trim()}`)
  })
  test('fits its width except for a path or a command, which is never broken', () => {
    for (const width of [60, 80, 120])
      for (const line of renderCard(VIEW, { language: 'ja', width, zone: 'UTC' }).split('\n'))
        if (columns(line) > width) expect(line, line).toMatch(/\/|sekisho|─|○/)
  })
  test('--ascii has no shapes beyond ASCII', () => {
    expect(renderCard(VIEW, { language: 'en', width: 80, zone: 'UTC', ascii: true })).not.toMatch(/[✓✗○●◐]/)
  })
})
