// `sekisho service list|show|status`: what can be changed here, and how it is.

import type { z } from 'zod'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { hostName } from '../../change/card.ts'
import type { serviceView } from '../../contract/gate.ts'
import { CHANGE_WORDS } from '../../words/change.ts'
import { healthDetail } from '../../words/health.ts'
import { LABELS } from '../../words/labels.ts'
import { columns, pad } from '../../words/layout.ts'
import { SERVICE_WORDS } from '../../words/service.ts'
import type { Call } from '../command.ts'
import { asTyped } from '../next-line.ts'
import { machineAt } from '../show.ts'
import type { Terminal } from '../terminal.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const client = call.loggedIn()
  const host = (name: string) => hostName(name, machineAt(call.place), terminal.language)
  if (call.words === 'service list') {
    const { services } = await client.call('serviceList')
    if (terminal.json) terminal.answer({ services })
    else {
      const width = Math.max(0, ...services.map(({ name }) => columns(name))) + 2
      terminal.say(
        services.map((one) => `${pad(one.name, width)}${host(one.host)}  ${one.unit ?? ''}`).join('\n') ||
          terminal.pick(SERVICE_WORDS.none),
      )
    }
    return EXIT.done
  }
  terminal.moving(terminal.pick(SERVICE_WORDS.looking))
  const one = await client.call('serviceShow', { name: call.positionals[0] ?? '' })
  terminal.settle()
  const health = one.health?.verdict ?? 'no_data'
  const unmeasured = one.health?.detail.startsWith('runner.') === true
  const code =
    call.words !== 'service status'
      ? EXIT.done
      : health === 'red'
        ? EXIT.failed
        : unmeasured
          ? EXIT.later
          : EXIT.done
  if (terminal.json) {
    terminal.answer(one)
    return code
  }
  const verdicts = terminal.pick(SERVICE_WORDS.verdicts)
  const lines = [
    `${one.name}  ${host(one.host)}  ${one.unit ?? ''}  ${one.active ?? ''}`,
    `  ${verdicts[health]}  ${healthDetail(one.health, terminal.language)}`,
  ]
  if (call.words === 'service show') {
    const width = (pick: (file: (typeof one.files)[number]) => string) =>
      Math.max(0, ...one.files.map((file) => columns(pick(file)))) + 2
    const activation = (file: (typeof one.files)[number]) =>
      CHANGE_WORDS[terminal.language].kind[file.activation] ??
      (file.activation === 'none' ? terminal.pick(SERVICE_WORDS.notActivated) : file.activation)
    const kind = width((file) => file.kind)
    const after = width(activation)
    lines.push(
      ...one.files.flatMap((file) => [
        `  ${pad(file.kind, kind)}${pad(activation(file), after)}${file.path}`,
        ...(file.secret ? [`  ${' '.repeat(kind + after)}${terminal.pick(SERVICE_WORDS.secret)}`] : []),
      ]),
    )
    if (one.lastChange !== undefined)
      lines.push(`  ${terminal.pick(SERVICE_WORDS.lastChange)} ${one.lastChange}`)
  }
  if (call.words === 'service status') lines.push(...whatToDo(one, terminal, call.uid))
  terminal.say(lines.map((line) => line.trimEnd()).join('\n'))
  return code
}

/** A unit that does not run is started by a change; why it stopped stands in its journal. */
export function whatToDo(
  one: z.infer<typeof serviceView>,
  terminal: Terminal,
  uid: number,
): readonly string[] {
  const isStopped = one.unit !== undefined && one.active !== undefined && !one.active.startsWith('active')
  const isRed = one.health?.verdict === 'red'
  if (!isStopped && !isRed) return []
  const label = `  ${terminal.pick(LABELS.next)}  `
  const commands = [
    ...(isStopped ? [`sekisho do service --service ${one.name} --verb start --instruction "…"`] : []),
    ...(one.unit === undefined ? [] : [asTyped(`sudo journalctl -u ${one.unit} -n 100 --no-pager`, uid)]),
    ...(isStopped ? [] : ['sekisho check list']),
  ]
  return commands.map((command, i) => `${i === 0 ? label : ' '.repeat(columns(label))}${command}`)
}
