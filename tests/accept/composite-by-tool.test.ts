// Code and the version of a migration tool (alembic) as one commit on real parts: rehearsed on a clone of the database, run under maintenance from the files
// of the commit, taken back by one command.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { until } from '../until.ts'
import type { World } from '../world/world.ts'
import { checksOf, counted, pictured, problemsOf, sql, VISITS, type VisitsWorld } from './visits.ts'
import { commitSeen, openVisitsByTool, TOOL, VERSIONS } from './visits-by-tool.ts'

/** What it does, without what is looked at around it. */
const acts = ({ steps }: ChangeView) =>
  steps.flatMap(({ kind }) => (['diagnostics', 'proof', 'keep'].includes(kind) ? [] : [kind]))
const FIRST_ANSWER = '200 visitors, first visitor 001'

/** The tool is started some forty times in a rehearsal. */
const LONG_MS = 600_000

describeWith('host', 'code and a migration tool as one change', () => {
  let at: VisitsWorld
  let here: World
  const shown = (id: string) => here.json<ChangeView>('ops1', ['change', 'show', id])
  const version = () => sql(here.host, 'SELECT version_num FROM alembic_version')
  const columns = () =>
    sql(here.host, "SELECT count(*) FROM information_schema.columns WHERE column_name = 'seen'")
  const answers = (text: string) =>
    until(`the page to say ${text}`, 60_000, async () =>
      (await counted(here.host)) === text ? true : undefined,
    )
  const isMaintained = async () =>
    (await here.host.exec(['test', '-e', `${VISITS}/maintenance/on`])).code === 0
  const files = () => here.host.ok(['sh', '-c', `cd ${TOOL} && find . -name '*.py' | sort`])

  beforeAll(async () => {
    at = await openVisitsByTool()
    here = at.here
  })
  afterAll(() => (at as VisitsWorld | undefined)?.close())

  let before: Awaited<ReturnType<typeof pictured>>
  let id: string

  test(
    'the tool and the code of one commit are rehearsed together on a clone, and approvers are shown both',
    async () => {
      before = await pictured(here.host)
      await commitSeen(here)
      const view = await at.propose()
      expect(problemsOf(view), JSON.stringify(view.checks, undefined, 1)).toEqual([])
      expect(checksOf(view)).toMatchObject({
        validation: 'green',
        trial: 'green',
        undo: 'green',
        rehearsal: 'green',
        backup: 'green',
      })
      id = view.id
      expect(acts(view)).toEqual([
        'maintenance',
        'migrateByTool',
        'layRelease',
        'unit',
        'exec',
        'commit',
        'maintenance',
      ])
      expect(JSON.stringify(view.steps)).toContain('its files are those that were staged with this code')
      const card = await at.card(id)
      for (const said of [
        'code alone goes back',
        'status goes from “a1” to “b2 (head)”',
        'not to be known of a tool',
      ])
        expect(card).toContain(said)
      expect(view.checks.find(({ check }) => check === 'impact')?.facts).toMatchObject({
        migrations: [`${VERSIONS}/b2.py`],
        notes: [],
      })
      const diff = await at.must('ops1', ['change', 'diff', id])
      expect(diff).toContain(`+++ ${VERSIONS}/b2.py\n`)
      // No change by the tool was kept here before: what the commit leaves as it is is shown, too.
      expect(diff).toContain(`+++ ${TOOL}/environment/env.py\n`)
      expect(diff.split('ADD COLUMN seen').length).toBe(2)
      expect([await version(), await columns(), await counted(here.host)]).toEqual(['a1', '0', FIRST_ANSWER])
    },
    LONG_MS,
  )

  test(
    'approved, it runs as one: maintenance on, the tool from the files of the commit, code, off; proven, committed',
    async () => {
      await at.must('ops1', ['change', 'approve', id, '--yes'])
      const view = await shown(id)
      expect([view.state, view.execution?.outcome], JSON.stringify(view.execution)).toEqual([
        'closed',
        'kept',
      ])
      await answers('200 visitors, seen 0')
      expect([await version(), await columns(), await isMaintained()]).toEqual(['b2', '1', false])
      expect(await sql(here.host, 'SELECT count(*), sum(seen) FROM visitors')).toBe('200|0')
      expect(await files()).toContain('versions/b2.py')
    },
    LONG_MS,
  )

  const takeBack = async () => {
    const said = await at.must(
      'ops1',
      ['change', 'rollback', id, '--instruction', 'Back', '--notify', 'not_needed'],
      3,
    )
    return { said, back: /CHG-\d{4}-\d{4}/.exec(said)?.[0] ?? '' }
  }

  test(
    'a way back that would lose what was written since is red: nothing bounds a tool in production',
    async () => {
      await sql(here.host, 'UPDATE visitors SET seen = 7 WHERE id <= 5')
      const { stdout } = await here.sekisho(
        'ops1',
        ['change', 'rollback', id, '--instruction', 'Back', '--notify', 'not_needed'],
        { together: true, timeoutMs: 300_000 },
      )
      const view = await shown(/CHG-\d{4}-\d{4}/.exec(stdout)?.[0] ?? '')
      expect([view.state, problemsOf(view).includes('schema.rows_differ')], stdout).toEqual(['blocked', true])
      expect(await sql(here.host, 'SELECT count(*), sum(seen) FROM visitors')).toBe('200|35')
      await at.must('ops1', ['change', 'withdraw', view.id])
      await sql(here.host, 'UPDATE visitors SET seen = 0')
    },
    LONG_MS,
  )

  test(
    'one command takes all of it back: by the tool, from the same files, with the code',
    async () => {
      const { said, back } = await takeBack()
      const view = await shown(back)
      expect(problemsOf(view), said).toEqual([])
      expect(acts(view)).toEqual([
        'maintenance',
        'layRelease',
        'migrateByTool',
        'unit',
        'exec',
        'commit',
        'maintenance',
      ])
      // What it runs stands in its steps: a line of it would look like one of a file.
      expect(await at.must('ops1', ['change', 'diff', back])).not.toContain('alembic downgrade')
      expect(await at.card(back)).toContain(`none differs since the last change by it (${id}/1)`)
      await at.must('ops1', ['change', 'approve', back, '--yes'])
      expect((await shown(back)).execution?.outcome).toBe('kept')
      await answers(FIRST_ANSWER)
      expect(await pictured(here.host)).toEqual(before)
      expect([await version(), await columns(), await isMaintained()]).toEqual(['a1', '0', false])
      expect(await files()).not.toContain('versions/b2.py')
    },
    LONG_MS,
  )
})
