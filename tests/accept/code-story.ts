// A test host with the notes service and an agent that proposes commits of it: what the tests of changes of code have in common.
import { expect } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import type { Host } from '../host/host.ts'
import { limitTree } from '../host/limit-tree.ts'
import { type World, world } from '../world/world.ts'
import { makeNotes, notesPolicy, ROOT, WORK } from './notes.ts'

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

export interface CodeStoryOptions {
  readonly deploy: 'releases' | 'in-place'
  /** More lines of the service. */
  readonly service?: string
  readonly policy?: (text: string) => string
  readonly prepare?: (host: Host) => Promise<void>
}

export async function codeStory({
  deploy,
  service = '',
  policy = (text) => text,
  prepare = async () => {},
}: CodeStoryOptions): Promise<CodeStory> {
  const here = await world({
    binds: limitTree(),
    policy: async (host) => policy(await notesPolicy(host, deploy, service)),
    prepare: async (host) => {
      await makeNotes(host, deploy)
      await prepare(host)
    },
  })
  const { host } = here
  const repository = deploy === 'releases' ? `${ROOT}/repository.git` : ROOT
  const must: CodeStory['must'] = async (who, argv, code = 0) => {
    const said = await here.sekisho(who, argv, { together: true })
    expect(said.code, `${argv.join(' ')}\n${said.stdout}`).toBe(code)
    return said.stdout
  }
  const git: CodeStory['git'] = async (...argv) =>
    (await host.ok(['git', '-c', 'safe.directory=*', '-C', repository, ...argv])).trim()
  const agent = (...argv: readonly string[]) => host.ok(['git', '-C', WORK, ...argv], { user: 'claude' })
  return {
    here,
    must,
    git,
    commit: async (script) => {
      await host.ok(['chown', '-R', 'claude:claude', WORK])
      await host.ok(['bash', '-ec', `cd ${WORK}\n${script}\ngit add -A && git commit -qm try`], {
        user: 'claude',
      })
      return (await agent('rev-parse', 'HEAD')).trim()
    },
    propose: (instruction = 'Say welcome') =>
      here.json<ChangeView>('claude', [
        'do',
        'code',
        '--service',
        'notes',
        '--repository',
        WORK,
        '--instruction',
        instruction,
        '--by',
        'ops1',
        '--impact',
        'the greeting; a restart',
        '--risk',
        'low',
        '--notify',
        'not_needed',
      ]),
    takeBack: async (argv) =>
      /CHG-\d{4}-\d{4}/.exec(await must('ops1', [...argv, '--notify', 'not_needed'], 3))?.[0] ?? '',
    approve: (id) => must('ops1', ['change', 'approve', id, '--yes']),
    tip: () => git('rev-parse', 'main'),
    reset: async () => {
      const first = await git('rev-parse', 'main')
      await host.ok(['git', '-c', 'safe.directory=*', '-C', WORK, 'fetch', '-q', repository, 'main'])
      await host.ok(['chown', '-R', 'claude:claude', WORK])
      await agent('reset', '-q', '--hard', first)
      await agent('clean', '-qfd')
    },
  }
}

/** The checks of a change that are red. */
export const redChecks = ({ checks }: ChangeView) =>
  checks.flatMap(({ check, verdict }) => (verdict === 'red' ? [check] : []))

export const verdicts = ({ checks }: ChangeView) =>
  Object.fromEntries(checks.map(({ check, verdict }) => [check, verdict]))
