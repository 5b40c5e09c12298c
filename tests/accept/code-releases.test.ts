// A change of code by an agent on real parts: built, tested, deployed as a release, taken back by one command.
import { beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { type World, world } from '../world/world.ts'
import { commitGreeting, makeNotes, notesPolicy, ROOT, says, WORK } from './notes.ts'

describeWith('host', 'a change of code with releases', () => {
  let here: World
  beforeAll(async () => {
    here = await world({
      policy: (host) => notesPolicy(host, 'releases'),
      prepare: (host) => makeNotes(host, 'releases'),
    })
  })

  test('part of S09 S11 S18 S21 S22: an agent proposes a commit, it is approved, deployed and proven', async () => {
    const { host } = here
    const commit = await commitGreeting(host, 'Welcome')
    const view = await here.json<ChangeView>('claude', [
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
      'the greeting',
      '--risk',
      'low',
    ])
    console.log(JSON.stringify(view, undefined, 1).slice(0, 6000))
    const card = await here.sekisho('ops1', ['change', 'show', view.id])
    console.log(card.stdout, card.stderr, commit)
    const diff = await here.sekisho('ops1', ['change', 'diff', view.id])
    console.log(diff.stdout)
    const log = await host.exec(['journalctl', '-u', 'sekisho-up', '-n', '60', '--no-pager', '-o', 'cat'])
    console.log(log.stdout.slice(-3000))
    expect(await says(host)).toBe('Hello notes')
    expect(ROOT).toBe('/srv/notes')
  })
})
