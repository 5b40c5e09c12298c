// Code, schema and site as one change on real parts: rehearsed on a clone of the database, run under maintenance, taken back by one command.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { SEKISHO } from '../host/host.ts'
import { until } from '../until.ts'
import type { World } from '../world/world.ts'
import {
  checksOf,
  commitFiles,
  counted,
  guideBlocks,
  MIGRATIONS,
  openVisits,
  pictured,
  problemsOf,
  SITE,
  seen,
  server,
  site,
  sql,
  VISITS,
  VISITS_WORK,
  type VisitsWorld,
} from './visits.ts'

describeWith('host', 'code, schema and site as one change', () => {
  let at: VisitsWorld
  let here: World
  let id: string
  const effective = () => here.host.ok(['sh', '-c', 'nginx -T 2>/dev/null | sha256sum'])
  /** The command of the guide, in the work tree of its author. */
  const asTheGuideSays = async (): Promise<ChangeView> => {
    const [command = ''] = guideBlocks('console')
    expect(command).toContain(`--file ${SITE}=./site`)
    const more = '--impact "a column, the page, a header" --risk low --notify not_needed --json'
    const typed = `cd ${VISITS_WORK} && ${command.trim().replace(/^sekisho/, SEKISHO)} ${more}`
    const said = await here.host.exec(['sh', '-c', typed], {
      user: 'ops1',
      timeoutMs: 300_000,
      env: { LANG: 'C.UTF-8', HOME: '/home/ops1', USER: 'ops1' },
    })
    const line = said.stdout.trim().split('\n').at(-1) ?? ''
    expect(line, said.stderr).toMatch(/^\{/)
    return JSON.parse(line) as ChangeView // What --json prints is that shape.
  }
  const release = () =>
    here.host.ok([
      'sh',
      '-c',
      `cd -P ${VISITS}/current && pwd && find . -type f | sort | xargs sha256sum | sha256sum`,
    ])

  beforeAll(async () => {
    at = await openVisits()
    here = at.here
    // It goes down with the service, and nothing in the repository says so.
    await here.host.put(
      '/etc/systemd/system/visits-mailer.service',
      '[Unit]\nRequires=visits.service\n[Service]\nExecStart=/usr/bin/sleep infinity\n',
    )
    await here.host.ok(['sh', '-ec', 'systemctl daemon-reload && systemctl start visits-mailer'])
  })
  afterAll(() => (at as VisitsWorld | undefined)?.close())

  test('the rules of the guide are those of this host', async () => {
    const rules = (await here.host.read('/etc/sekisho/sekisho.yaml')).toString()
    const [shown = ''] = guideBlocks('yaml')
    const line = shown.split('\n').find((one) => one.includes('migrations:')) ?? '?'
    expect(rules).toContain(line.trim())
  })

  test('S10 endpoints, tables, units and dependants are those of the golden list, what depends without an import included', async () => {
    const files = {
      ...seen(),
      'server.js': server("  if (request.url === '/names') return response.end('names')\n"),
      'deploy/visits.service': '[Service]\nUser=visits\n',
    }
    await commitFiles(here.host, files, 'feat: count visits')
    await here.host.put(`${VISITS_WORK}/site`, site('        add_header X-Seen yes;\n'))
    const view = await asTheGuideSays()
    expect(checksOf(view), JSON.stringify(view.checks, undefined, 1)).toMatchObject({
      validation: 'green',
      trial: 'green',
      undo: 'green',
      rehearsal: 'green',
      backup: 'green',
    })
    id = view.id
    expect(view.checks.find(({ check }) => check === 'impact')?.facts).toMatchObject({
      routes: ['+ /names  (server.js)'],
      models: [],
      tables: ['visitors'],
      migrations: [`${MIGRATIONS}/0002_seen.down.sql`, `${MIGRATIONS}/0002_seen.up.sql`],
      units: ['deploy/visits.service'],
      movedUnits: ['visits-mailer.service'],
      importers: ['lib/all.js', 'lib/page.js', 'test/store.test.js'],
      tableUsers: ['report.js'],
      environment: [],
      dependencies: [],
      notRead: [],
    })
    const card = await at.card(id)
    for (const said of [
      'routes + /names (server.js); tables visitors; ',
      'units that stop or restart with the service visits-mailer.service',
      'used by lib/all.js, lib/page.js, test/store.test.js; files that name those tables report.js',
    ])
      expect(card).toContain(said)
    expect(card).toContain('code alone goes back')
    expect(card).toContain('what only the new schema holds goes with it: public.visitors.seen')
    expect(card).toContain(
      'not the same after it: positions of sequences, physical order of rows, statistics',
    )
    expect(view.steps.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['maintenance', 'migrate', 'layRelease', 'replaceFiles', 'unit', 'commit']),
    )
  })

  const answers = (text: string) =>
    until(`the page to say ${text}`, 30_000, async () =>
      (await counted(here.host)) === text ? true : undefined,
    )
  let before: { readonly schema: string; readonly rows: string }
  let site0: string
  let release0: string

  test('part of S28 and S29: approved, it runs as one: maintenance on, SQL, code, site, off; proven, committed', async () => {
    before = await pictured(here.host)
    site0 = await effective()
    release0 = await release()
    await at.must('ops1', ['change', 'approve', id, '--yes'])
    await answers('200 visitors, seen 0')
    const header = await here.host.ok(['curl', '-si', 'http://127.0.0.1:9280/'])
    expect(header).toContain('X-Seen: yes')
    expect(await sql(here.host, 'SELECT count(*) FROM sekisho.migration')).toBe('1')
    const view = await here.json<ChangeView>('ops1', ['change', 'show', id])
    expect([view.state, view.execution?.outcome]).toEqual(['closed', 'kept'])
    expect(await here.host.exec(['test', '-e', `${VISITS}/maintenance/on`])).toMatchObject({ code: 1 })
  })

  test('part of S35 and S36: one command takes all of it back: schema, rows, files and site are what they were', async () => {
    const said = await at.must(
      'ops1',
      ['change', 'rollback', id, '--instruction', 'Back', '--notify', 'not_needed'],
      3,
    )
    const back = /CHG-\d{4}-\d{4}/.exec(said)?.[0] ?? ''
    const view = await here.json<ChangeView>('ops1', ['change', 'show', back])
    expect(problemsOf(view), said).toEqual([])
    // No word of acceptance stands in its files: the number does on the card.
    const told = await at.card(back)
    expect(told).toContain('200 rows of visitors lose their seen')
    // Its way back gives each row the same value again.
    expect(told).not.toContain('does not come back')
    await at.must('ops1', ['change', 'approve', back, '--yes'])
    await answers('200 visitors, first visitor 001')
    expect(await pictured(here.host)).toEqual(before)
    expect(await effective()).toBe(site0)
    expect((await release()).split('\n')[1]).toBe(release0.split('\n')[1])
  })

  test('part of S23: a column that somebody adds by hand after the seal voids code and schema together, by its name', async () => {
    const { id: sealed } = await asTheGuideSays()
    await sql(here.host, 'ALTER TABLE visitors ADD COLUMN by_hand int')
    const refused = await here.sekisho('ops1', ['change', 'approve', sealed, '--yes'], { together: true })
    expect(refused.code, refused.stdout).not.toBe(0)
    const view = await here.json<ChangeView>('ops1', ['change', 'show', sealed])
    expect(view.state).toBe('void')
    expect(JSON.stringify(view.moved)).toContain('column public.visitors.by_hand')
    const columns = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'seen'"
    expect(await sql(here.host, columns)).toBe('0')
    await sql(here.host, 'ALTER TABLE visitors DROP COLUMN by_hand')
    const again = await asTheGuideSays()
    expect(problemsOf(again), JSON.stringify(again.checks)).toEqual([])
  })
})
