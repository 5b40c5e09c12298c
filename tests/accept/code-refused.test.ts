// Changes of code that must not arrive: a lost test, a candidate that does not start, what was built changed on the disk, a service that is not as it was
// staged. The service runs on as before, and the branch stands.
import { afterEach, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { limitTree } from '../host/limit-tree.ts'
import { type World, world } from '../world/world.ts'
import { commitGreeting, makeNotes, notesPolicy, ROOT, says, WORK } from './notes.ts'

const REPOSITORY = `${ROOT}/repository.git`

describeWith('host', 'a change of code that must not arrive', () => {
  let here: World
  let first: string
  const tip = async () => (await here.host.ok(['git', '-C', REPOSITORY, 'rev-parse', 'main'])).trim()
  const commit = (script: string) =>
    here.host.ok(['bash', '-ec', `cd ${WORK} && ${script} && git add -A && git commit -qm try`], {
      user: 'claude',
    })
  const propose = () =>
    here.json<ChangeView>('claude', [
      'do',
      'code',
      '--service',
      'notes',
      '--repository',
      WORK,
      '--instruction',
      'Say welcome',
      '--by',
      'ops1',
      '--impact',
      'the greeting; a restart',
      '--risk',
      'low',
      '--notify',
      'not_needed',
    ])
  const red = (view: ChangeView) =>
    view.checks.flatMap(({ check, verdict }) => (verdict === 'red' ? [check] : []))

  beforeAll(async () => {
    here = await world({
      binds: limitTree(),
      policy: (host) => notesPolicy(host, 'releases'),
      prepare: (host) => makeNotes(host, 'releases'),
    })
    first = await tip()
  })
  afterEach(async () => {
    expect(await says(here.host)).toBe('Hello notes')
    expect(await tip()).toBe(first)
    await here.host.ok(['ln', '-sfn', 'releases/first', `${ROOT}/current`])
    await here.host.ok(['git', '-C', WORK, 'reset', '-q', '--hard', first], { user: 'claude' })
  })

  test('part of S19: a test that is gone blocks', async () => {
    await commit('git rm -q test/greeting.test.js')
    const view = await propose()
    expect(red(view)).toContain('tests')
    const said = await here.sekisho('ops1', ['change', 'approve', view.id, '--yes'], { together: true })
    expect(said.code, said.stdout).not.toBe(0)
  })

  test('part of S11: a candidate that does not start is red in the rehearsal', async () => {
    await commit('echo "throw new Error(\'no\')" >> server.js')
    const view = await propose()
    expect(red(view)).toContain('rehearsal')
    const said = await here.sekisho('ops1', ['change', 'approve', view.id, '--yes'], { together: true })
    expect(said.code, said.stdout).not.toBe(0)
  })

  test('part of S09: what was built and then changed on the disk is not deployed', async () => {
    const id = await commitGreeting(here.host, 'Welcome')
    const view = await propose()
    expect(red(view)).toEqual([])
    await here.host.ok(['sh', '-c', `echo '//' | tee -a ${ROOT}/releases/${id.slice(0, 12)}-*/greeting.js`])
    const said = await here.sekisho('ops1', ['change', 'approve', view.id, '--yes'], { together: true })
    expect(said.code, said.stdout).not.toBe(0)
    expect(said.stdout).toContain('only what was tested runs')
  })

  test('part of S09: a link that somebody moved after the look is not exchanged', async () => {
    await commitGreeting(here.host, 'Welcome')
    const view = await propose()
    expect(red(view)).toEqual([])
    await here.host.ok([
      'sh',
      '-ec',
      `cp -a ${ROOT}/releases/first ${ROOT}/releases/hand && ln -sfn releases/hand ${ROOT}/current`,
    ])
    const said = await here.sekisho('ops1', ['change', 'approve', view.id, '--yes'], { together: true })
    expect(said.code, said.stdout).not.toBe(0)
    expect((await here.host.ok(['readlink', `${ROOT}/current`])).trim()).toBe('releases/hand')
  })
})
