// `sekisho install claude-code` and `uninstall claude-code`: the hook in front of an agent. The difference is shown, and nothing is
// written before somebody agreed to it.
import {
  type Change,
  forget,
  puttingIn,
  remember,
  rememberedWhile,
  takingOut,
} from '../../agents/agent-hooks.ts'
import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { diffText } from '../../change/diff.ts'
import { INSTALL_WORDS } from '../../words/agent-install.ts'
import { listsHere, MANAGED, projectSettings, wiringHere } from '../agent-wiring.ts'
import { type Call, flag } from '../command.ts'

export async function run(call: Call): Promise<ExitCode> {
  const managed = flag(call, 'managed')
  if (managed && call.uid !== 0 && !flag(call, 'print'))
    throw new SekishoError('host.needs_root', { typed: call.typed, path: MANAGED })
  const path = managed ? MANAGED : projectSettings(process.cwd())
  return call.words.startsWith('uninstall') ? await uninstall(call, path) : await install(call, path, managed)
}

async function install(call: Call, path: string, managed: boolean): Promise<ExitCode> {
  const words = INSTALL_WORDS[call.terminal.language]
  const wiring = await wiringHere(call, managed)
  const change = await puttingIn(path, wiring)
  const hook = { agent: 'claude-code', path, wiring } as const
  const lists = listsHere(call)
  // On the list first: a hook that nobody looks after would be missed by nobody, one that is on it and not there is red.
  const written = await agreedAndWritten(call, change, () => rememberedWhile(lists, hook, change.write))
  if (written !== 'written') return written
  if (change.isSame) await remember(lists, hook)
  answer(call, change, { level: wiring.level, said: words.installed(path, wiring.level, change.isSame) })
  return EXIT.done
}

async function uninstall(call: Call, path: string): Promise<ExitCode> {
  const words = INSTALL_WORDS[call.terminal.language]
  const change = await takingOut(path)
  const written = await agreedAndWritten(call, change, change.write)
  if (written !== 'written') return written
  await forget(listsHere(call), path)
  answer(call, change, { said: words.uninstalled(path, change.isSame) })
  return EXIT.done
}

/** What is done or shown; 'written' also where nothing was to be changed. */
async function agreedAndWritten(
  call: Call,
  change: Change,
  write: Change['write'],
): Promise<'written' | ExitCode> {
  const { terminal } = call
  const words = INSTALL_WORDS[terminal.language]
  if (flag(call, 'print')) {
    if (terminal.json) terminal.answer(shown(change))
    else terminal.say(change.after)
    return EXIT.done
  }
  if (change.isSame) return 'written'
  if (!terminal.json) terminal.note(paint(call, difference(change)))
  if (!flag(call, 'yes') && !(await terminal.agrees(words.ask(change.path)))) {
    terminal.sentence('!', { what: words.notWritten(change.path), next: [`${call.typed} --yes`] })
    return EXIT.waiting
  }
  const backup = await write()
  if (backup !== undefined && !terminal.json) terminal.note(words.backup(backup))
  return 'written'
}

const shown = ({ path, isSame, after }: Change) => ({ path, changed: !isSame, settings: after })

function difference({ path, before, after }: Change): string {
  return diffText([
    {
      kind: 'write',
      path,
      ...(before === undefined ? {} : { before: Buffer.from(before) }),
      after: Buffer.from(after),
    },
  ]).trimEnd()
}

const paint = ({ terminal }: Call, text: string) =>
  text
    .split('\n')
    .map((line) =>
      line.startsWith('+')
        ? terminal.paint('added', line)
        : line.startsWith('-')
          ? terminal.paint('removed', line)
          : line,
    )
    .join('\n')

function answer(call: Call, change: Change, done: { readonly level?: string; readonly said: string }): void {
  const { terminal } = call
  if (terminal.json)
    terminal.answer({
      path: change.path,
      changed: !change.isSame,
      ...(done.level === undefined ? {} : { level: done.level }),
    })
  else terminal.say(done.said)
}
