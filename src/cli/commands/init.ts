// `sekisho init`: looks at this host and writes a commented sekisho.yaml with what it found and what it could not tell.

import { mkdir, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { type InitFiles, initPolicy, ownerName } from '../../app/init.ts'
import { addService } from '../../app/init-add.ts'
import { ownerHere, scanView } from '../../app/scan-view.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { shellWord } from '../../base/shell-word.ts'
import { readRegular, writeDurable } from '../../sys/files.ts'
import { INIT_DONE } from '../../words/init.ts'
import { LABELS } from '../../words/labels.ts'
import { type Call, option } from '../command.ts'
import { ownGate, placesFor, userHere } from '../rules-file.ts'

const files: InitFiles = {
  read: async (file) => (await readRegular(file, 4 * 1_048_576))?.bytes.toString('utf8'),
  write: async (file, text) => {
    await mkdir(dirname(file), { recursive: true, mode: 0o750 })
    // A file that is there keeps its owner and mode: the gate's group may read it.
    const there = await stat(file).catch(() => undefined)
    await writeDurable(
      file,
      text,
      there === undefined ? { mode: 0o640 } : { mode: there.mode & 0o777, uid: there.uid, gid: there.gid },
    )
  },
}

export async function run(call: Call): Promise<ExitCode> {
  const { terminal, environment } = call
  if (option(call, 'out') === undefined) ownGate(call)
  const path = option(call, 'out') ?? placesFor(call).source
  const owner = option(call, 'owner')
  const user = owner ?? userHere(call)
  // The home of whoever typed `sudo`, or whom `--owner` names; else our own.
  const home =
    environment['SUDO_USER'] === undefined && owner === undefined
      ? (environment['HOME'] ?? '/root')
      : `/home/${user}`
  terminal.moving(terminal.pick(INIT_DONE.looking))
  const input = {
    language: terminal.language,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    hostName: hostname(),
    owner: await ownerHere(user, home),
  }
  const add = option(call, 'add')
  const draft =
    add === undefined
      ? await initPolicy(path, input, scanView, files)
      : await addService(path, add, input, scanView, files)
  terminal.settle()
  if (terminal.json) {
    terminal.answer({ path, services: draft.services, unclear: draft.unclear, questions: draft.questions })
    return EXIT.done
  }
  const sudo = environment['SUDO_USER'] === undefined ? '' : 'sudo '
  const keyOf = owner === undefined ? '~/.ssh/id_ed25519.pub' : shellWord(`${home}/.ssh/id_ed25519.pub`)
  terminal.say(
    [
      terminal.pick(INIT_DONE.written(path)),
      add === undefined
        ? terminal.pick(INIT_DONE.found(draft.services))
        : terminal.pick(INIT_DONE.added(draft.services)),
      ...draft.questions.map(({ line, text }) => `  ! ${path}:${line}  ${text}`),
      terminal.pick(LABELS.next),
      ...(add === undefined ? [`  ${sudo}sekisho key add ${ownerName(user)} ${keyOf}`] : []),
      `  ${sudo}sekisho config apply`,
    ].join('\n'),
  )
  return EXIT.done
}
