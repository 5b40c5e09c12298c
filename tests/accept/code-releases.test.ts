// A change of code by an agent on real parts: built and rehearsed, deployed as a release, committed, and taken back by one command.
import { beforeAll, expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import { until } from '../until.ts'
import type { World } from '../world/world.ts'
import { type CodeStory, codeStory, verdicts } from './code-story.ts'
import { commitGreeting, ROOT, says } from './notes.ts'

const REPOSITORY = `${ROOT}/repository.git`
const AS_SOMEBODY = ['-c', 'user.name=somebody', '-c', 'user.email=somebody@example.org']

describeWith('host', 'a change of code with releases', () => {
  let story: CodeStory
  let here: World
  let first: string
  let id: string
  const must: CodeStory['must'] = (...given) => story.must(...given)
  const tip = () => story.tip()

  beforeAll(async () => {
    story = await codeStory({ deploy: 'releases' })
    here = story.here
    first = await tip()
  })

  test('part of S09, S11, S17, S18 and S21: an agent proposes a commit; the card holds what was measured', async () => {
    const commit = await commitGreeting(here.host, 'Welcome')
    const view = await story.propose()
    id = view.id
    expect(verdicts(view)).toMatchObject({
      validation: 'green',
      undo: 'green',
      rehearsal: 'green',
      impact: 'green',
      tests: 'green',
    })
    expect(view.diff).toContain('-  return `Hello ${name}`\n+  return `Welcome ${name}`')
    expect(await must('claude', ['change', 'diff', id])).toBe(view.diff)
    const card = await must('ops1', ['change', 'show', id])
    expect(card).toMatch(/tests +before 1 passed, 0 failed, 0 skipped → after 1 passed/)
    expect(card).toMatch(/rehearsed deploy [\d.–]+ s, way back [\d.–]+ s/)
    expect(view.steps.flatMap(({ lines }) => lines).join('\n')).toContain(commit.slice(0, 12))
    // Nobody has approved it: it is closed to everybody, and the service runs as before.
    expect(await says(here.host)).toBe('Hello notes')
    expect(
      await here.host.ok(['sh', '-c', `stat -c '%U %a' ${ROOT}/releases/${commit.slice(0, 12)}-*`]),
    ).toBe('root 700\n')
  })

  test('part of S22: approved, it is deployed, proven, and committed in the form of the guide', async () => {
    // Somebody's git died over it: the commit cannot be put on the branch.
    const lock = `${REPOSITORY}/refs/heads/main.lock`
    await here.host.ok(['touch', lock])
    await must('ops1', ['change', 'approve', id, '--yes'])
    expect(await says(here.host)).toBe('Welcome notes')
    await until('the record to say that the commit is not on the branch', 60_000, async () =>
      (await must('ops1', ['record', 'show', id])).includes('is not on the branch') ? true : undefined,
    )
    const status = await here.sekisho('ops1', ['status'], { together: true })
    expect([status.code, status.stdout]).toEqual([1, expect.stringContaining(`the code of ${id} runs`)])
    // A change on the old commit would drop what runs.
    const to = ['do', 'code', '--service', 'notes', '--instruction', 'Back', '--to']
    const dropped = await here.sekisho('ops1', [...to, first], { together: true })
    expect(dropped.stdout).toContain(`The commit of ${id} is not on main`)
    await here.host.ok(['rm', lock])
    // Only what ran here comes back without tests; asking delivers the commit first.
    const never = (
      await here.host.ok(['git', '-C', REPOSITORY, ...AS_SOMEBODY, 'commit-tree', '-m', 'x', 'main^{tree}'])
    ).trim()
    const refused = await here.sekisho('ops1', [...to, never], { together: true })
    expect([refused.code, refused.stdout]).toEqual([2, expect.stringContaining('never ran here')])
    expect(await tip()).not.toBe(first)
    await until('the record to name the commit', 60_000, async () =>
      (await must('ops1', ['record', 'show', id])).includes(`commit ${await tip()}`) ? true : undefined,
    )
    const body = await here.host.ok(['git', '-C', REPOSITORY, 'log', '-1', '--format=%P%n%an%n%B', 'main'])
    expect(body.split('\n')[0]).toBe(first)
    expect(body).toMatch(
      new RegExp(
        `Change: ${id}\nEnvelope: [0-9a-f]{64}\nInstructed-by: ops1\nApproved-by: ops1\nRehearsal: [0-9a-f]{64}\nCandidate: `,
      ),
    )
    const record = await must('ops1', ['record', 'show', id])
    expect(record).toContain('make the commit')
    expect(record).toContain('planned: tried beforehand')
  })

  test('part of S35 and S36: one command takes it back: the code, the service, the branch', async () => {
    const card = await must(
      'ops1',
      ['do', 'code', '--service', 'notes', '--to', 'previous', '--instruction', 'Back'],
      3,
    )
    const back = /CHG-\d{4}-\d{4}/.exec(card)?.[0] ?? ''
    await must('ops1', ['change', 'approve', back, '--yes'])
    expect(await says(here.host)).toBe('Hello notes')
    await until('the branch to step back', 30_000, async () => ((await tip()) === first ? true : undefined))
    // Nothing is lost: what was taken back stays under a name.
    expect(await here.host.ok(['git', '-C', REPOSITORY, 'for-each-ref', '--format=%(refname)'])).toContain(
      `refs/sekisho/${back}/taken-back`,
    )
    expect(await here.host.ok(['sh', '-c', 'ls -A /var/lib/sekisho/rooms'])).toBe('')
  })
})
