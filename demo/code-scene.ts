// An agent changes code: a commit with its test goes through tests and a rehearsal with its way back, is approved, deployed, and taken back by one command.
import type { ChangeView } from '../src/contract/change.ts'
import { commitGreeting, makeNotes, NOTES_SERVICE, ROOT, says, WORK } from '../tests/accept/notes.ts'
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

const proposeCommit = (stage: Stage) =>
  type(stage, 'claude', [
    'do',
    'code',
    '--service',
    'notes',
    '--repository',
    WORK,
    '--instruction',
    stage.words.instructionCode,
    '--by',
    'ops1',
    '--impact',
    stage.words.impactCode,
    '--risk',
    stage.words.riskCode,
    '--notify',
    'not_needed',
  ])

/** What the account of the service may write lies in `shared`; code that writes there leaves it when it goes. */
export const codeLeavesFile = async (stage: Stage): Promise<void> => {
  const { words } = stage
  const { host } = stage.world
  await host.ok(['chown', 'notes:', `${ROOT}/shared`])
  const server = (await host.read(`${WORK}/server.js`)).toString()
  const writes = "import { writeFileSync } from 'node:fs'\nwriteFileSync('../../shared/index', 'notes\\n')\n"
  stage.say(words.leavesFile)
  await host.put(`${WORK}/server.js`, `${writes}${server}`)
  await commitGreeting(host, 'Welcome')
  const refused = await proposeCommit(stage)
  const first = await newest(stage)
  const rehearsal = (change: ChangeView) =>
    change.checks.find(({ check }) => check === 'rehearsal')?.verdict ?? ''
  const there = await host.exec(['test', '-e', `${ROOT}/shared/index`])
  stage.check(
    'code that leaves a file is refused by its rehearsal, and production has no such file',
    refused.code === 2 && rehearsal(first) === 'red' && there.code === 1,
    refused.stdout + refused.stderr,
  )
  await host.put(`${WORK}/server.js`, server)
  stage.say(words.mended)
  await commitGreeting(host, 'Welcome again')
  const mended = await proposeCommit(stage)
  const second = await newest(stage)
  stage.check(
    'the same change without it passes its rehearsal and waits for a person',
    mended.code === 3 && rehearsal(second) === 'green' && second.state === 'awaiting_approval',
    mended.stdout + mended.stderr,
  )
}

export const codeChanges = async (stage: Stage): Promise<void> => {
  const { words } = stage
  const { host } = stage.world
  const was = await says(host)
  stage.say(words.notesSay(was))
  stage.say(words.commits)
  await commitGreeting(host, 'Welcome')
  const proposed = await proposeCommit(stage)
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
