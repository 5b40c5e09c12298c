// A test host with the notes service and an agent that proposes commits of it: what the tests of changes of code have in common.
import { expect } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import type { Host } from '../host/host.ts'
import { limitTree } from '../host/limit-tree.ts'
import { type World, world } from '../world/world.ts'
import { makeNotes, notesPolicy, ROOT, WORK } from './notes.ts'
import { proposal } from './proposal.ts'

export interface CodeStory {
  readonly here: World
  /** Runs `sekisho`, and answers both streams. */
  must(who: 'root' | 'ops1' | 'claude', argv: readonly string[], code?: number): Promise<string>
  /** The agent changes its clone by a script and commits all of it. Answers the commit. */
  commit(script: string): Promise<string>
  /** The agent proposes what it has committed. */
  propose(instruction?: string): Promise<ChangeView>
  /** As `sekisho do code --to …` or `change rollback` prints it: the card names the change. */
  takeBack(argv: readonly string[]): Promise<string>
  approve(id: string): Promise<string>
  /** The commit of production's branch. */
  tip(): Promise<string>
  /** Git in the repository of production, as root. */
  git(...argv: readonly string[]): Promise<string>
  /** The agent's clone is as production's branch again. */
  reset(): Promise<void>
}

/** The service of a story, in whichever language it is written. */
export interface StoryService {
  readonly name: string
  /** What the rules declare as `repo.path`. */
  readonly root: string
  /** The agent's clone. */
  readonly work: string
  /** The whole of sekisho.yaml. */
  policy(host: Host): Promise<string>
  /** Lays out the first release, starts it, and gives the agent its clone. */
  make(host: Host): Promise<void>
}

export interface CodeStoryOptions {
  readonly deploy: 'releases' | 'in-place'
  /** Undefined: the notes. */
  readonly of?: StoryService
  /** Of the notes: files that are other than usual. */
  readonly files?: Readonly<Record<string, string>>
  /** More lines of the service. */
  readonly service?: string
  readonly policy?: (text: string) => string
  readonly prepare?: (host: Host) => Promise<void>
}

/** A build with a compiler, on a machine that does other things too. */
const LONG_MS = 900_000

export async function codeStory({
  deploy,
  service = '',
  files = {},
  of = notes(deploy, service, files),
  policy = (text) => text,
  prepare = async () => {},
}: CodeStoryOptions): Promise<CodeStory> {
  const here = await world({
    binds: limitTree(),
    policy: async (host) => policy(await of.policy(host)),
    prepare: async (host) => {
      await of.make(host)
      await prepare(host)
    },
  })
  const { host } = here
  const repository = deploy === 'releases' ? `${of.root}/repository.git` : of.root
  const must: CodeStory['must'] = async (who, argv, code = 0) => {
    const said = await here.sekisho(who, argv, { together: true, timeoutMs: LONG_MS })
    expect(said.code, `${argv.join(' ')}\n${said.stdout}`).toBe(code)
    return said.stdout
  }
  const git: CodeStory['git'] = async (...argv) =>
    (await host.ok(['git', '-c', 'safe.directory=*', '-C', repository, ...argv])).trim()
  const agent = (...argv: readonly string[]) => host.ok(['git', '-C', of.work, ...argv], { user: 'claude' })
  return {
    here,
    must,
    git,
    commit: async (script) => {
      await host.ok(['chown', '-R', 'claude:claude', of.work])
      await host.ok(['bash', '-ec', `cd ${of.work}\n${script}\ngit add -A && git commit -qm try`], {
        user: 'claude',
      })
      return (await agent('rev-parse', 'HEAD')).trim()
    },
    propose: (instruction = 'Say welcome') =>
      here.json<ChangeView>(
        'claude',
        proposal({ service: of.name, work: of.work, instruction: instruction }),
        { timeoutMs: LONG_MS },
      ),
    takeBack: async (argv) =>
      /CHG-\d{4}-\d{4}/.exec(await must('ops1', [...argv, '--notify', 'not_needed'], 3))?.[0] ?? '',
    approve: (id) => must('ops1', ['change', 'approve', id, '--yes']),
    tip: () => git('rev-parse', 'main'),
    reset: async () => {
      const first = await git('rev-parse', 'main')
      await host.ok(['git', '-c', 'safe.directory=*', '-C', of.work, 'fetch', '-q', repository, 'main'])
      await host.ok(['chown', '-R', 'claude:claude', of.work])
      await agent('reset', '-q', '--hard', first)
      await agent('clean', '-qfd')
    },
  }
}

const notes = (
  deploy: CodeStoryOptions['deploy'],
  more: string,
  files: Readonly<Record<string, string>>,
): StoryService => ({
  name: 'notes',
  root: ROOT,
  work: WORK,
  policy: (host) => notesPolicy(host, deploy, more),
  make: (host) => makeNotes(host, deploy, files),
})

/** The checks of a change that are red. */
export const redChecks = ({ checks }: ChangeView) =>
  checks.flatMap(({ check, verdict }) => (verdict === 'red' ? [check] : []))

export const verdicts = ({ checks }: ChangeView) =>
  Object.fromEntries(checks.map(({ check, verdict }) => [check, verdict]))
