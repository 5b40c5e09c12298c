// Changes of code that must not arrive: a lost test, a candidate that does not start, what was built changed on the disk, a service that is not as it was
// staged. The service runs on as before, and the branch stands.
import { afterEach, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { type CodeStory, codeStory, redChecks, verdicts } from './code-story.ts'
import { commitGreeting, ROOT, says, WORK } from './notes.ts'

describeWith('host', 'a change of code that must not arrive', () => {
  let story: CodeStory
  let first: string
  const refused = async (id: string) => {
    const said = await story.here.sekisho('ops1', ['change', 'approve', id, '--yes'], { together: true })
    expect(said.code, said.stdout).not.toBe(0)
    return said.stdout
  }

  beforeAll(async () => {
    story = await codeStory({ deploy: 'releases' })
    first = await story.tip()
  })
  afterEach(async () => {
    expect(await says(story.here.host)).toBe('Hello notes')
    expect(await story.tip()).toBe(first)
    await story.here.host.ok(['ln', '-sfn', 'releases/first', `${ROOT}/current`])
    await story.reset()
  })

  test('part of S19: a test that is gone blocks, and another commit takes its place in the same change', async () => {
    await story.commit('git rm -q test/greeting.test.js')
    const view = await story.propose()
    expect(redChecks(view)).toContain('tests')
    await refused(view.id)
    await story.commit('git checkout -q HEAD~1 test/greeting.test.js && echo "// mended" >> server.js')
    const revise = ['change', 'revise', view.id, '--commit', 'HEAD', '--repository', WORK]
    const revised = await story.here.json<ChangeView>('claude', revise)
    expect([revised.id, revised.revision, revised.state]).toEqual([view.id, 2, 'awaiting_approval'])
    expect(redChecks(revised)).toEqual([])
    await story.must('claude', ['change', 'withdraw', view.id])
  })

  test('part of S11: a candidate that does not start is red in the rehearsal', async () => {
    await story.commit('echo "throw new Error(\'no\')" >> server.js')
    const view = await story.propose()
    expect(redChecks(view)).toContain('rehearsal')
    await refused(view.id)
  })

  test('S09 the artefact that was rehearsed counts, by that name, where no other test environment is declared; another one on the disk is red', async () => {
    const id = await commitGreeting(story.here.host, 'Welcome')
    const view = await story.propose()
    expect(redChecks(view)).toEqual([])
    expect(verdicts(view)).toMatchObject({ validation: 'green', rehearsal: 'green' })
    const artefact = view.checks.find(({ check }) => check === 'validation')?.facts['artefact']
    expect(artefact).toMatch(/^[0-9a-f]{64}$/)
    // No staging host is declared here: what was played in the room is said to be a rehearsal.
    expect(await story.must('ops1', ['change', 'show', view.id])).toMatch(/rehearsed deploy .* way back /)
    const file = `${ROOT}/releases/${id.slice(0, 12)}-*/greeting.js`
    await story.here.host.ok(['sh', '-c', `echo '//' | tee -a ${file}`])
    expect(await refused(view.id)).toContain('only what was tested runs')
  })

  test('packages of the system that changed after the rehearsal are seen at the start', async () => {
    await commitGreeting(story.here.host, 'Welcome')
    const view = await story.propose()
    expect(redChecks(view)).toEqual([])
    const packages = '/var/lib/dpkg/status'
    const before = await story.here.host.read(packages)
    await story.here.host.ok(['sh', '-c', `echo >> ${packages}`])
    expect((await refused(view.id)).replace(/\s+/g, ' ')).toContain('is not what it was in the rehearsal')
    await story.here.host.put(packages, before)
    await story.here.host.ok(['touch', packages])
  })

  test('part of S09: a link that somebody moved after the look is not exchanged', async () => {
    await commitGreeting(story.here.host, 'Welcome')
    const view = await story.propose()
    expect(redChecks(view)).toEqual([])
    await story.here.host.ok([
      'sh',
      '-ec',
      `cp -a ${ROOT}/releases/first ${ROOT}/releases/hand && ln -sfn releases/hand ${ROOT}/current`,
    ])
    await refused(view.id)
    expect((await story.here.host.ok(['readlink', `${ROOT}/current`])).trim()).toBe('releases/hand')
  })
})
