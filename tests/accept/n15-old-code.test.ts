// Old code on the new schema, and what is wrong with the migrations of a commit: told before anybody is asked, on real parts.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import type { World } from '../world/world.ts'
import {
  checksOf,
  commitFiles,
  FIRST,
  forget,
  guideBlocks,
  MIGRATIONS,
  openVisits,
  pictured,
  problemsOf,
  SEEN_DOWN,
  SEEN_UP,
  seen,
  sql,
  store,
  VISITS,
  VISITS_WORK,
  type VisitsWorld,
} from './visits.ts'

describeWith('host', 'the migrations of a commit', () => {
  let at: VisitsWorld
  let here: World

  beforeAll(async () => {
    at = await openVisits()
    here = at.here
  })
  afterAll(() => (at as VisitsWorld | undefined)?.close())

  /** The SQL and what the deployed code asks, in one transaction that is dropped: by psql, which shares no code with ours. */
  const asksAfter = async (up: string) =>
    (
      await here.host.exec([
        'setpriv',
        '--reuid=postgres',
        '--regid=postgres',
        '--init-groups',
        '--',
        'psql',
        '-XAtq',
        '-v',
        'ON_ERROR_STOP=1',
        '-d',
        'visits',
        '-c',
        'BEGIN',
        '-c',
        up,
        '-c',
        FIRST,
        '-c',
        'ROLLBACK',
      ])
    ).code

  const RENAME = 'ALTER TABLE visitors RENAME COLUMN name TO full_name;\n'
  const ACCEPT = '-- sekisho: accept rename: the page asks for full_name\n'
  /** With both accepted, as the guide shows it. */
  const [ACCEPTED = ''] = guideBlocks('sql')
  const renaming = (up: string) => ({
    'store.js': store("SELECT count(*) || ' visitors, last ' || max(full_name) FROM visitors"),
    [`${MIGRATIONS}/0002_names.up.sql`]: up,
    [`${MIGRATIONS}/0002_names.down.sql`]: `${ACCEPT}ALTER TABLE visitors RENAME COLUMN full_name TO name;\n`,
  })

  test('N15 the deployed release is started on the migrated clone: the card says that code alone goes back, or that it needs the schema back; true of both; red before anybody is asked where it was not accepted', async () => {
    expect(ACCEPTED).toContain(`accept old_code: the page waits a minute\n${RENAME}`)
    // What is true of both, by psql.
    expect([await asksAfter(SEEN_UP), await asksAfter(RENAME)]).toEqual([0, 1])
    await commitFiles(here.host, seen(), 'feat: count visits')
    const adds = await at.propose()
    expect(problemsOf(adds)).toEqual([])
    expect(await at.card(adds.id)).toContain(
      'code alone goes back (the deployed code was started on the new schema; health and smoke test were looked at)',
    )
    await at.must('ops1', ['change', 'withdraw', adds.id])
    await forget(here.host)
    await commitFiles(here.host, renaming(ACCEPT + RENAME), 'feat: full names')
    const red = await at.propose()
    expect([red.state, checksOf(red)['rehearsal'], problemsOf(red)]).toEqual([
      'blocked',
      'red',
      ['rehearsal.old_code'],
    ])
    await at.must('ops1', ['change', 'withdraw', red.id])
    await forget(here.host)
    await commitFiles(here.host, renaming(ACCEPTED), 'feat: full names')
    const view = await at.propose()
    expect(problemsOf(view)).toEqual([])
    const card = await at.card(view.id)
    expect(card).toContain('code alone does not go back: it needs the way down of the schema, or a restore')
    expect(card).toContain('accepted: the page waits a minute')
    // Altered by hand behind the seal: it is void, and a clone that is older than the live schema counts for nothing.
    await sql(here.host, 'ALTER TABLE visitors ADD COLUMN by_hand int')
    await here.sekisho('ops1', ['change', 'approve', view.id, '--yes'], { together: true })
    expect((await here.json<ChangeView>('ops1', ['change', 'show', view.id])).state).toBe('void')
    await here.sekisho('ops1', ['change', 'revise', view.id, '--summary', 'again'], { together: true })
    await here.sekisho('ops1', ['change', 'try', view.id], { together: true })
    const stale = await here.json<ChangeView>('ops1', ['change', 'show', view.id])
    expect([stale.state, problemsOf(stale)]).toEqual([
      'blocked',
      expect.arrayContaining(['deploy.stale_clone']),
    ])
    expect(await at.card(view.id)).toContain('The clone of the rehearsal is older than production')
    await sql(here.host, 'ALTER TABLE visitors DROP COLUMN by_hand')
    await at.must('ops1', ['change', 'withdraw', view.id])
  })

  test('what is wrong with the migrations of a commit is named, and nothing is half done', async () => {
    const shape = (await pictured(here.host)).schema
    const up = (name: string) => `${MIGRATIONS}/${name}.up.sql`
    const down = (name: string) => `${MIGRATIONS}/${name}.down.sql`
    const pair = (name: string) => ({ [up(name)]: SEEN_UP, [down(name)]: SEEN_DOWN })
    const refused: readonly (readonly [Readonly<Record<string, string | undefined>>, RegExp])[] = [
      [{ ...pair('0002_seen'), ...pair('0002_other') }, /Two migrations have the number 2/],
      [{ [up('0001_start')]: `${SEEN_UP}-- other\n` }, /changes a migration that was applied earlier/],
      [{ [up('0002_seen')]: SEEN_UP }, /not a pair.*0002_seen\.down\.sql/],
      [{ ...pair('0000_early') }, /is not behind that of .*0001_start/],
      [{ [`${MIGRATIONS}/seen.sql`]: SEEN_UP }, /no name of a migration/],
      [{ 'migrations/0002_x.up.sql': SEEN_UP }, /a migration in a place that nobody has declared/],
    ]
    for (const [files, sentence] of refused) {
      await forget(here.host)
      await commitFiles(here.host, files, 'feat: a migration')
      const said = await here.sekisho(
        'ops1',
        [
          'do',
          'code',
          '--service',
          'visits',
          '--repository',
          VISITS_WORK,
          '--instruction',
          'x',
          '--by',
          'ops1',
        ],
        { together: true, timeoutMs: 300_000 },
      )
      expect(said.code, said.stdout).not.toBe(0)
      expect(said.stdout.replace(/\s+/g, ' ')).toMatch(sentence)
    }
    const two = `${SEEN_UP}CREATE TABLE sights (id int PRIMARY KEY);\n`
    const twoDown = `DROP TABLE sights;\n${SEEN_DOWN}`
    const tried = async (byHand: string, back: string) => {
      await forget(here.host)
      await commitFiles(here.host, { [up('0002_seen')]: two, [down('0002_seen')]: twoDown }, 'feat: sights')
      await sql(here.host, `SET ROLE visits; ${byHand}`)
      const view = await at.propose()
      await sql(here.host, back)
      await at.must('ops1', ['change', 'withdraw', view.id])
      return problemsOf(view)
    }
    expect(await tried(two, twoDown)).toContain('schema.applied_by_hand')
    expect(await tried(SEEN_UP, SEEN_DOWN)).toContain('schema.half_applied')
    expect((await pictured(here.host)).schema).toBe(shape)
  })

  test('part of S29: several pairs of one commit go up in their order and back in the other one, by one command each', async () => {
    await forget(here.host)
    const before = await pictured(here.host)
    const release = () =>
      here.host.ok(['sh', '-c', `cd ${VISITS}/current/ && find . -type f | sort | xargs sha256sum`])
    const running = await release()
    // The second pair needs what the first one makes, and has to go before it does.
    const files = {
      ...seen(),
      [`${MIGRATIONS}/0003_busy.up.sql`]:
        'CREATE VIEW busy AS SELECT id, seen FROM visitors WHERE seen > 0;\n',
      [`${MIGRATIONS}/0003_busy.down.sql`]: 'DROP VIEW busy;\n',
    }
    await commitFiles(here.host, files, 'feat: the busy ones')
    const view = await at.propose()
    expect([view.state, problemsOf(view)], JSON.stringify(view.checks)).toEqual(['awaiting_approval', []])
    const migrated = view.steps.flatMap(({ kind, lines }) => (kind === 'migrate' ? [lines.join(' ')] : []))
    expect(migrated).toEqual([expect.stringContaining('0002_seen'), expect.stringContaining('0003_busy')])
    await at.must('ops1', ['change', 'approve', view.id, '--yes'])
    const kept = await here.json<ChangeView>('ops1', ['change', 'show', view.id])
    expect(kept.execution?.outcome, JSON.stringify(kept.steps)).toBe('kept')
    expect(await sql(here.host, 'SELECT count(seen) FROM visitors')).toBe('200')
    expect(await sql(here.host, "SELECT to_regclass('busy') IS NOT NULL")).toBe('t')
    const markers = "SELECT count(*) FROM sekisho.migration WHERE direction = 'up' AND state = 'done'"
    expect(await sql(here.host, markers)).toBe('2')
    const said = await at.must(
      'ops1',
      ['change', 'rollback', view.id, '--instruction', 'Back', '--notify', 'not_needed'],
      3,
    )
    const back = /CHG-\d{4}-\d{4}/.exec(said)?.[0] ?? ''
    const undone = await here.json<ChangeView>('ops1', ['change', 'show', back])
    expect(problemsOf(undone), said).toEqual([])
    await at.must('ops1', ['change', 'approve', back, '--yes'])
    expect((await here.json<ChangeView>('ops1', ['change', 'show', back])).execution?.outcome).toBe('kept')
    expect(await pictured(here.host)).toEqual(before)
    expect(await release()).toBe(running)
  })
})
