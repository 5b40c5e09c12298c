// `sekisho level observe|guard`: how strict this gate is. Writes it into sekisho.yaml, applies it, and rewrites every hook that was put
// in, for only at guard a hook is closed on failure.
import { puttingIn, remember } from '../../agents/agent-hooks.ts'
import { readInstalled } from '../../agents/look-at-hooks.ts'
import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import type { Installed, Wiring } from '../../guard/agent-settings.ts'
import { INSTALL_WORDS } from '../../words/agent-install.ts'
import { ERROR_WORDS, reader } from '../../words/errors.ts'
import { policyReport } from '../../words/policy.ts'
import { listsHere } from '../agent-wiring.ts'
import { type Call, flag } from '../command.ts'
import { apply, edit, placesFor } from '../rules-file.ts'
import { wrongValue } from '../usage.ts'
import { notEdited } from './people.ts'

interface Rewritten {
  readonly path: string
  readonly failed?: string
}

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const [level] = call.positionals
  if (level !== 'observe' && level !== 'guard')
    throw wrongValue(call, 'LEVEL', level ?? '', ['observe', 'guard'])
  const wrong = await edit(call, { kind: 'setLevel', level })
  if (wrong.length > 0) return notEdited(call, wrong)
  const { applied, told } = await apply(call, flag(call, 'offline'))
  if (applied.state === 'refused') {
    terminal.report(policyReport(applied.problems, placesFor(call).source, terminal.language, 'written'))
    return EXIT.usage
  }
  const hooks = await rewriteAll(call, level)
  if (terminal.json) terminal.answer({ level, version: applied.version, told, hooks })
  else {
    const words = INSTALL_WORDS[terminal.language]
    terminal.say(
      [
        words.level(
          level,
          applied.version.slice(0, 8),
          hooks.every(({ failed }) => failed === undefined),
        ),
        ...hooks.map(({ path, failed }) =>
          failed === undefined ? words.rewired(path) : words.notRewired(path, failed),
        ),
        ...(hooks.length === 0 ? [words.noHooks] : []),
      ].join('\n'),
    )
  }
  return hooks.some(({ failed }) => failed !== undefined) ? EXIT.failed : EXIT.done
}

async function rewriteAll(call: Call, level: Wiring['level']): Promise<readonly Rewritten[]> {
  const done: Rewritten[] = []
  for (const list of listsHere(call))
    for (const hook of await readInstalled(list)) done.push(await rewrite(call, list, hook, level))
  return done
}

async function rewrite(
  call: Call,
  list: string,
  hook: Installed,
  level: Wiring['level'],
): Promise<Rewritten> {
  const wiring = { ...hook.wiring, level }
  try {
    await (await puttingIn(hook.path, wiring)).write()
    await remember([list], { ...hook, wiring })
    return { path: hook.path }
  } catch (error) {
    if (!(error instanceof SekishoError)) throw error
    const { what, why } = ERROR_WORDS[error.code][call.terminal.language](reader(error.detail))
    return { path: hook.path, failed: why ?? what }
  }
}
