// An agent changes code: a commit with its test goes through tests and a rehearsal with its way back, is approved, deployed, and taken back by one command.
import type { ChangeView } from '../src/contract/change.ts'
import { commitGreeting, makeNotes, NOTES_SERVICE, says, WORK } from '../tests/accept/notes.ts'
import type { Host } from '../tests/host/host.ts'
import { miraiPolicy } from '../tests/host/mirai.ts'
import type { Stage } from './scenes.ts'
import { LIBRARY_SERVICE } from './schema-scene.ts'
import { type } from './typed.ts'

/** The rules of the example, and beside its service the one whose code is changed. */
export async function demoPolicy(host: Host): Promise<string> {
  const policy = await miraiPolicy(host)
  return policy.replace('services:\n', () => `services:\n${LIBRARY_SERVICE}${NOTES_SERVICE('releases')}`)
}

export const notesBeside = (host: Host): Promise<void> => makeNotes(host, 'releases')

const newest = async (stage: Stage): Promise<ChangeView> => {
  const { changes } = await stage.world.json<{ changes: ChangeView[] }>('ops1', ['change', 'list', '--all'])
  return await stage.world.json<ChangeView>('ops1', ['change', 'show', changes[0]?.id ?? ''])
}

export const codeChanges = async (stage: Stage): Promise<void> => {
  const { words } = stage
  const { host } = stage.world
  const was = await says(host)
  stage.say(words.notesSay(was))
  stage.say(words.commits)
  await commitGreeting(host, 'Welcome')
  const wish = ['--instruction', words.instructionCode, '--by', 'ops1']
  const proposed = await type(stage, 'claude', [
    'do',
    'code',
    '--service',
    'notes',
    '--repository',
    WORK,
    ...wish,
    '--impact',
    words.impactCode,
    '--risk',
    words.riskCode,
    '--notify',
    'not_needed',
  ])
  const change = await newest(stage)
  stage.check(
    'a commit is tested, rehearsed with its way back, and waits for a person',
    proposed.code === 3 && change.pattern === 'code' && change.state === 'awaiting_approval',
    proposed.stdout + proposed.stderr,
  )
  stage.figures.prompts++
  const approved = await type(stage, 'ops1', ['change', 'approve', change.id, '--yes'], -6)
  const now = await says(host)
  stage.say(words.notesSay(now))
  stage.check(
    'the new code is deployed, proven and kept',
    approved.code === 0 && now === 'Welcome notes',
    approved.stdout + approved.stderr,
  )
  const back = await type(
    stage,
    'ops1',
    ['change', 'rollback', change.id, '--instruction', words.instructionBack, '--no-wait'],
    'title',
  )
  const { id } = await newest(stage)
  stage.figures.prompts++
  const taken = await type(stage, 'ops1', ['change', 'approve', id, '--yes'], -6)
  const then = await says(host)
  stage.say(words.notesSay(then))
  stage.check(
    'one command takes the code back',
    taken.code === 0 && then === was,
    back.stdout + back.stderr + taken.stdout + taken.stderr,
  )
}
