// A change of code of a service whose database is declared without migrations: it is played on a clone of that database, and what the room did not have is said.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import type { World } from '../world/world.ts'
import {
  checksOf,
  commitFiles,
  FIRST,
  forget,
  openVisits,
  pictured,
  problemsOf,
  server,
  sql,
  store,
  type VisitsWorld,
} from './visits.ts'

const RULES = '/etc/sekisho/sekisho.yaml'
/** The release writes at its start, which only a database that is there takes. */
const WRITING = `await ask("UPDATE visitors SET name = 'written in the room'")\n`

describeWith('host', 'a change of code of a service with a database', () => {
  let at: VisitsWorld
  let here: World

  beforeAll(async () => {
    at = await openVisits()
    here = at.here
    await here.host.ok([
      'setpriv',
      '--reuid=postgres',
      '--regid=postgres',
      '--init-groups',
      'createdb',
      '--owner=visits',
      'reports',
    ])
    const rules = (await here.host.read(RULES)).toString()
    const without = rules.replace(/^ +migrations: .*\n/m, '      - name: reports\n')
    expect(without).not.toBe(rules)
    await here.host.put(RULES, without, 0o640)
    const applied = await here.sekisho('root', ['config', 'apply'], { together: true })
    expect(applied.code, applied.stdout).toBe(0)
    // The copy that was made under the rules before lacks the new database.
    await at.must('ops1', ['backup', 'run', '--service', 'visits'])
  })
  afterAll(() => (at as VisitsWorld | undefined)?.close())

  test('without declared migrations the code is played on a clone of the database, which takes its writes and is thrown away; a database that was not there is named', async () => {
    const before = await pictured(here.host)
    const program = server().replace("await ask('SELECT 1')\n", WRITING)
    expect(program).toContain(WRITING)
    await commitFiles(here.host, { 'server.js': program }, 'feat: write at the start')
    const view = await at.propose()
    expect(problemsOf(view), JSON.stringify(view.checks, undefined, 1)).toEqual([])
    expect(checksOf(view)['rehearsal']).toBe('green')
    const card = await at.card(view.id)
    expect(card).toContain('postgresql:5432/visits (live data that the service writes)')
    expect(card).toContain(
      'postgresql:5432/reports (a database that the room did not have: what the change does with it was not looked at)',
    )
    // The rehearsal wrote into its own clone alone.
    expect(await pictured(here.host)).toEqual(before)
    expect(await sql(here.host, "SELECT count(*) FROM visitors WHERE name LIKE 'written%'")).toBe('0')
    await at.must('ops1', ['change', 'withdraw', view.id])
    await forget(here.host)

    // What the database does not have is found there, before anybody is asked.
    await commitFiles(here.host, { 'store.js': store(FIRST.replace('name', 'surname')) }, 'feat: surnames')
    const red = await at.propose()
    expect([red.state, checksOf(red)['rehearsal']]).toEqual(['blocked', 'red'])
    expect(await at.card(red.id)).toContain('the smoke test: it failed')
    await at.must('ops1', ['change', 'withdraw', red.id])
    await forget(here.host)
  }, 600_000)
})
