// `sekisho guard self-test`: every hook that was put in is asked what it must know on this machine. As root it is asked under the account
// that owns the project, whose agent it stands in front of.
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readInstalled } from '../../agents/look-at-hooks.ts'
import { type SelfAccount, type SelfResult, selfTest } from '../../app/self-test.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import type { Installed } from '../../guard/agent-settings.ts'
import { SELF_TEST_WORDS } from '../../words/guard-self-test.ts'
import { visibleLine } from '../../words/layout.ts'
import { listsHere } from '../agent-wiring.ts'
import type { Call } from '../command.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const results: (SelfResult & { readonly uid: number })[] = []
  // As the agent of this account would start it; another account is not given ours.
  const own = Object.fromEntries(
    Object.entries(call.environment).filter((one): one is [string, string] => one[1] !== undefined),
  )
  const hooks = new Map<string, Installed>()
  // What stands in the list of the machine and in one's own is one hook.
  for (const list of listsHere(call)) for (const hook of await readInstalled(list)) hooks.set(hook.path, hook)
  for (const hook of hooks.values()) {
    const account = call.uid === 0 ? await ownerOf(hook) : undefined
    results.push({
      ...(await selfTest(hook, account, account === undefined ? own : {})),
      uid: account?.uid ?? call.uid,
    })
  }
  const isRed = results.length === 0 || results.some(({ failures }) => failures.length > 0)
  if (terminal.json) terminal.answer({ red: isRed, hooks: results })
  else terminal.say(results.length === 0 ? none(call) : results.map((one) => shown(one, call)).join('\n'))
  return isRed ? EXIT.failed : EXIT.done
}

/** Of settings of the whole machine nobody is the agent in particular. */
async function ownerOf({ path, wiring }: Installed): Promise<SelfAccount | undefined> {
  if (wiring.managed) return undefined
  const found = await stat(dirname(dirname(path))).catch(() => undefined)
  return found === undefined || found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid }
}

const none = ({ terminal }: Call) => terminal.pick(SELF_TEST_WORDS.noHook)

function shown({ path, vectors, failures, uid }: SelfResult & { uid: number }, { terminal }: Call): string {
  const isGood = failures.length === 0
  const mark = terminal.paint(
    isGood ? 'good' : 'bad',
    terminal.ascii ? (isGood ? 'ok' : 'x') : isGood ? '✓' : '✗',
  )
  const count =
    vectors === 0
      ? terminal.pick(SELF_TEST_WORDS.cannotBeAsked)
      : terminal.pick(SELF_TEST_WORDS.answered(vectors - failures.length, vectors, uid))
  return [
    `${mark} ${path}  ${count}`,
    ...failures.map(
      ({ what, expected, got }) =>
        `    ${visibleLine(what)}: ${terminal.pick(SELF_TEST_WORDS.differs(expected, got))}`,
    ),
    ...(isGood ? [] : [`    ${terminal.pick(SELF_TEST_WORDS.look)}  sekisho doctor`]),
  ].join('\n')
}
