// Code and schema as one change that does not end well: what was red in production goes back as a whole, and a runner that is killed in the middle applies
// the migration once or not at all.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { until } from '../until.ts'
import type { World } from '../world/world.ts'
import {
  commitFiles,
  counted,
  forget,
  openVisits,
  pictured,
  problemsOf,
  seen,
  sql,
  VISITS,
  VISITS_WORK,
  type VisitsWorld,
} from './visits.ts'

/** Stands on the host and in no room. */
const SICK = '/var/tmp/visits-are-sick'
const FIRST_ANSWER = '200 visitors, first visitor 001'

describeWith('host', 'code and schema that do not arrive', () => {
  let at: VisitsWorld
  let here: World
  /** No table yet: none was applied. */
  const markers = async () => {
    const is = await sql(here.host, "SELECT to_regclass('sekisho.migration') IS NOT NULL")
    return is === 't' ? Number(await sql(here.host, 'SELECT count(*) FROM sekisho.migration')) : 0
  }
  const shown = (id: string) => here.json<ChangeView>('ops1', ['change', 'show', id])
  const ended = (id: string) =>
    until(`${id} to end`, 180_000, async () => {
      const view = await shown(id)
      return ['closed', 'stuck', 'paused'].includes(view.state) ? view : undefined
    })
  const maintenance = async () =>
    (await here.host.exec(['test', '-e', `${VISITS}/maintenance/on`])).code === 0
  const answers = (text: string) =>
    until(`the page to say ${text}`, 60_000, async () =>
      (await counted(here.host)) === text ? true : undefined,
    )

  beforeAll(async () => {
    at = await openVisits()
    here = at.here
  })
  afterAll(() => (at as VisitsWorld | undefined)?.close())

  const proposed = async (files: Readonly<Record<string, string>>) => {
    await forget(here.host)
    await commitFiles(here.host, files, 'feat: count visits')
    const view = await at.propose()
    expect(problemsOf(view)).toEqual([])
    return view.id
  }

  test('part of S29: the smoke test fails in production: schema, code and maintenance go back, and one record says so', async () => {
    const before = await pictured(here.host)
    const server = (await here.host.read(`${VISITS_WORK}/server.js`)).toString()
    const id = await proposed({
      ...seen(),
      'server.js': server
        .replace("import { readdirSync } from 'node:fs'", "import { existsSync, readdirSync } from 'node:fs'")
        .replace(
          "if (request.url === '/health')",
          `if (request.url === '/' && existsSync('${SICK}')) {
    response.statusCode = 500
    return response.end('sick')
  }
  if (request.url === '/health')`,
        ),
    })
    await here.host.put(SICK, '')
    await here.sekisho('ops1', ['change', 'approve', id, '--yes'], { together: true, timeoutMs: 300_000 })
    const view = await ended(id)
    expect([view.state, view.execution?.outcome]).toEqual(['closed', 'rolled_back'])
    await answers(FIRST_ANSWER)
    expect(await pictured(here.host)).toEqual(before)
    expect(await maintenance()).toBe(false)
    expect(await here.host.ok(['readlink', `${VISITS}/current`])).toBe('releases/first\n')
    await here.host.ok(['rm', SICK])
  })

  test('part of S28 and S29: the runner is killed behind the migration: it was applied once, and all of the change holds or none', async () => {
    const [before, count] = [await pictured(here.host), await markers()]
    const id = await proposed(seen())
    const approved = here.sekisho('ops1', ['change', 'approve', id, '--yes'], {
      together: true,
      timeoutMs: 300_000,
    })
    await until('the migration to be committed', 120_000, async () =>
      (await markers()) > count ? true : undefined,
    )
    await here.host.ok(['pkill', '-KILL', '-f', 'runner[.]mjs --data'])
    await approved
    const view = await ended(id)
    expect(['kept', 'rolled_back']).toContain(view.execution?.outcome)
    await until('maintenance to end', 120_000, async () => ((await maintenance()) ? undefined : true))
    if (view.execution?.outcome === 'kept') {
      expect(await markers()).toBe(count + 1)
      await answers('200 visitors, seen 0')
    } else {
      await answers(FIRST_ANSWER)
      expect(await pictured(here.host)).toEqual(before)
    }
  })
})
