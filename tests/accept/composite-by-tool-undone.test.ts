// What may go wrong with a migration tool that comes with its code: each is told before anybody is asked, or ends with all of it or none of it.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { until } from '../until.ts'
import type { World } from '../world/world.ts'
import { counted, pictured, problemsOf, sql, VISITS, VISITS_WORK, type VisitsWorld } from './visits.ts'
import { commitSeen, openVisitsByTool, SEEN, type SeenVersion, TOOL } from './visits-by-tool.ts'

const FIRST_ANSWER = '200 visitors, first visitor 001'
const STAGES = '/var/lib/sekisho/code'

/** The tool is started some forty times in a rehearsal. */
const LONG_MS = 900_000

describeWith('host', 'code and a migration tool that do not arrive', () => {
  let at: VisitsWorld
  let here: World
  let before: Awaited<ReturnType<typeof pictured>>
  let link: string
  const leads = () => here.host.ok(['readlink', `${VISITS}/current`])
  const shown = (id: string) => here.json<ChangeView>('ops1', ['change', 'show', id])
  const version = () => sql(here.host, 'SELECT version_num FROM alembic_version')
  const columns = () =>
    sql(here.host, "SELECT count(*) FROM information_schema.columns WHERE column_name = 'seen'")
  const ended = (id: string) =>
    until(`${id} to end`, 240_000, async () => {
      const view = await shown(id)
      return ['closed', 'void', 'stuck', 'paused'].includes(view.state) ? view : undefined
    })
  const approved = (id: string) =>
    here.sekisho('ops1', ['change', 'approve', id, '--yes'], { together: true, timeoutMs: 300_000 })
  const proposed = async (of: SeenVersion = {}) => {
    await commitSeen(here, of)
    return at.propose()
  }
  /** Seen from outside: rows, columns, version, page, code and maintenance are what they were. */
  const isAsBefore = async () => {
    await until('the page to be that of before', 60_000, async () =>
      (await counted(here.host)) === FIRST_ANSWER ? true : undefined,
    )
    expect(await pictured(here.host)).toEqual(before)
    expect([await version(), await columns()]).toEqual(['a1', '0'])
    expect(await leads()).toBe(link)
    await until('maintenance to be over', 60_000, async () =>
      (await here.host.exec(['test', '-e', `${VISITS}/maintenance/on`])).code === 0 ? undefined : true,
    )
  }

  beforeAll(async () => {
    at = await openVisitsByTool()
    here = at.here
    before = await pictured(here.host)
  })
  beforeEach(async () => {
    // What was kept and taken back is in the history of production.
    const git = ['git', '-c', 'safe.directory=*', '-C', VISITS_WORK]
    await here.host.ok([...git, 'fetch', '-q', `${VISITS}/repository.git`, 'main'])
    await here.host.ok(['chown', '-R', 'ops1:ops1', VISITS_WORK])
    await here.host.ok(['git', '-C', VISITS_WORK, 'reset', '-q', '--hard', 'FETCH_HEAD'], { user: 'ops1' })
    link = await leads()
  })
  afterAll(() => (at as VisitsWorld | undefined)?.close())

  test.each([
    [
      'the tool fails',
      { up: 'op.execute("ALTER TABLE nothing ADD COLUMN seen bigint")' },
      'schema.up_failed',
    ],
    ['its way back leaves the column', { down: 'pass' }, 'schema.down_differs'],
  ])(
    '%s: it is red before anybody is asked, and nothing has changed',
    async (_, of, code) => {
      const view = await proposed(of)
      expect(view.state, JSON.stringify(view.checks)).toBe('blocked')
      expect(problemsOf(view)).toContain(code)
      await isAsBefore()
    },
    LONG_MS,
  )

  test(
    'a file of the deployed directory that changes after the seal voids the change, by its name',
    async () => {
      const { id } = await proposed()
      await here.host.ok(['sh', '-c', `echo '# later' >> ${TOOL}/alembic.ini`])
      await approved(id)
      const view = await ended(id)
      expect([view.state, JSON.stringify(view.moved).includes('file alembic.ini')]).toEqual(['void', true])
      await here.host.ok(['sed', '-i', '/^# later$/d', `${TOOL}/alembic.ini`])
      await isAsBefore()
    },
    LONG_MS,
  )

  test(
    'a file of the sealed copy that changes after the approval is not run, and everything goes back',
    async () => {
      const { id } = await proposed()
      const copies = `${STAGES}/*/tool/environment/versions/b2.py`
      expect(await here.host.ok(['sh', '-c', `stat -c '%U %a' ${STAGES}/*/tool | sort -u`])).toBe(
        'root 700\n',
      )
      await here.host.ok(['sh', '-c', `for one in ${copies}; do echo '# later' >> $one; done`])
      await approved(id)
      const view = await ended(id)
      expect([view.state, view.execution?.outcome], JSON.stringify(view)).toEqual(['closed', 'rolled_back'])
      expect(JSON.stringify(view.execution)).toContain('schema.tool_files_moved')
      await isAsBefore()
    },
    LONG_MS,
  )

  test.each(['before', 'inside', 'behind'] as const)(
    'the runner is killed %s the step of the tool: all of the change holds, or none of it',
    async (phase) => {
      const { id, checks } = await proposed({ up: `${SEEN.up}\nop.execute("SELECT pg_sleep(2)")` })
      expect(checks.flatMap(({ problems }) => problems)).toEqual([])
      const running = approved(id)
      const active = () =>
        sql(
          here.host,
          "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(2)%' AND pid <> pg_backend_pid()",
        )
      const isOver = async () => (await shown(id)).state === 'closed'
      await until(`the moment ${phase} the tool`, 120_000, async () => {
        const is =
          phase === 'before'
            ? (await here.host.exec(['test', '-e', `${VISITS}/maintenance/on`])).code === 0
            : phase === 'inside'
              ? (await active()) !== '0'
              : (await columns()) === '1'
        return is || (await isOver()) ? true : undefined
      })
      await here.host.ok(['pkill', '-KILL', '-f', 'runner[.]mjs --data'])
      await running
      const view = await ended(id)
      const why = JSON.stringify(view.execution)
      expect(view.state, why).toBe('closed')
      if (view.execution?.outcome !== 'kept') {
        expect(view.execution?.outcome, why).toBe('rolled_back')
        return isAsBefore()
      }
      expect([await version(), await columns(), await counted(here.host)], why).toEqual([
        'b2',
        '1',
        '200 visitors, seen 0',
      ])
      const said = await at.must(
        'ops1',
        ['change', 'rollback', id, '--instruction', 'Back', '--notify', 'not_needed'],
        3,
      )
      const back = /CHG-\d{4}-\d{4}/.exec(said)?.[0] ?? ''
      await at.must('ops1', ['change', 'approve', back, '--yes'])
      expect([await version(), await columns(), await pictured(here.host)]).toEqual(['a1', '0', before])
    },
    LONG_MS,
  )
})
