// The return to a release that ran here as a standard change: signed once by the owner, it runs without an approval for bytes and commands that people approved
// before, and for nothing else.
import { beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import type { StandingList } from '../../src/contract/gate.ts'
import { describeWith } from '../host/describe.ts'
import { type CodeStory, codeStory } from './code-story.ts'
import { commitGreeting, says } from './notes.ts'

describeWith('host', 'the return to a release as a standard change', () => {
  let story: CodeStory
  let first: string
  let second: string
  const show = (id: string) => story.here.json<ChangeView>('ops1', ['change', 'show', id])
  const kind = ({ state, execution, class: how }: ChangeView) => [state, execution?.outcome, how]
  const deploy = async (word: string) => {
    await story.reset()
    await commitGreeting(story.here.host, word)
    const { id } = await story.propose()
    await story.approve(id)
    const view = await show(id)
    expect(kind(view), JSON.stringify(view.checks)).toEqual(['closed', 'kept', 'normal'])
    return { id, commit: await story.tip() }
  }
  const asked = async (argv: readonly string[]) => {
    const said = await story.here.sekisho(
      'ops1',
      [...argv, '--instruction', 'Back', '--notify', 'not_needed'],
      {
        together: true,
        timeoutMs: 300_000,
      },
    )
    const id = /CHG-\d{4}-\d{4}/.exec(said.stdout)?.[0] ?? ''
    return { said, view: await show(id) }
  }

  beforeAll(async () => {
    story = await codeStory({ deploy: 'releases' })
    first = await story.tip()
  })

  test('part of X12: inside it runs with the decision cited; new code, bytes of before and another command are asked for', async () => {
    const welcome = await deploy('Welcome')
    const hallo = await deploy('Hallo')
    second = hallo.commit
    await story.must('ops1', ['standing', 'sign', 'notes', 'release', '--yes'])

    const back = await asked(['change', 'rollback', hallo.id])
    expect(kind(back.view), back.said.stdout).toEqual(['closed', 'kept', 'standard'])
    expect(await says(story.here.host)).toBe('Welcome notes')
    expect(await story.git('rev-parse', 'main^{tree}')).toBe(
      await story.git('rev-parse', `${welcome.commit}^{tree}`),
    )
    expect(await story.must('ops1', ['record', 'show', back.view.id])).toMatch(/\(standing\)/)

    // Code that is new.
    await story.reset()
    await commitGreeting(story.here.host, 'Moin')
    const fresh = await story.propose()
    expect(kind(fresh)).toEqual(['awaiting_approval', undefined, 'normal'])
    await story.here.sekisho('claude', ['change', 'withdraw', fresh.id])
    // What was there before anybody approved anything here.
    const by = await asked(['do', 'code', '--service', 'notes', '--to', first])
    expect(kind(by.view), by.said.stdout).toEqual(['awaiting_approval', undefined, 'normal'])
    await story.here.sekisho('ops1', ['change', 'withdraw', by.view.id])
    expect(await says(story.here.host)).toBe('Welcome notes')

    // Bytes that ran, and a command that nobody approved on them.
    const rules = (await story.here.host.read('/etc/sekisho/sekisho.yaml')).toString()
    const other = rules.replace('smoke: { argv: [node, -e, "', 'smoke: { argv: [node, -e, "0;')
    expect(other).not.toBe(rules)
    await story.here.host.put('/etc/sekisho/sekisho.yaml', other, 0o640)
    await story.must('root', ['config', 'apply'])
    const changed = await asked(['do', 'code', '--service', 'notes', '--to', second])
    expect(kind(changed.view), changed.said.stdout).toEqual(['awaiting_approval', undefined, 'normal'])
    const { standing } = await story.here.json<StandingList>('ops1', ['standing', 'list'])
    expect(standing).toMatchObject([{ verb: 'release', state: 'live', usedThisHour: 1 }])
  }, 600_000)
})
