// The card on this terminal.
import { hostname } from 'node:os'
import { renderCard } from '../change/card.ts'
import type { ChangeView } from '../contract/change.ts'
import { CHANGE_PROGRESS } from '../words/change-progress.ts'
import { listed } from '../words/labels.ts'
import { columns } from '../words/layout.ts'
import type { Call } from './command.ts'
import type { Place } from './session.ts'
import type { Terminal } from './terminal.ts'

/** With colours, at this terminal's width. A signature covers the gate's own text at 80 columns without colours. */
export function card(
  view: ChangeView,
  { terminal, place }: Pick<Call, 'terminal' | 'place'>,
  zone: string,
): string {
  const machine = machineAt(place)
  return renderCard(view, {
    language: terminal.language,
    width: terminal.streams.width,
    zone,
    ...(machine === undefined ? {} : { machine }),
    ascii: terminal.ascii,
    paint: terminal.paint,
  })
}

/** The name of the gate's machine: this machine, where the gate is reached by its socket; else it is unknown. */
export function machineAt({ socket }: Pick<Place, 'socket'>): string | undefined {
  return socket === undefined ? undefined : hostname()
}

/** The time zone of this process. */
export function zoneHere(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** The last lines of a card: the commands that can be typed now. */
export function nextLines(view: ChangeView, terminal: Terminal): string {
  if (view.next.length === 0) return ''
  const first = view.next[0] as ChangeView['next'][number]
  const label = first.command.startsWith('sekisho change sign ')
    ? terminal.pick(CHANGE_PROGRESS.signs(view.author.name))
    : view.state === 'awaiting_approval'
      ? terminal.pick(CHANGE_PROGRESS.approve(listed(first.by, terminal.language)))
      : first.command.startsWith('sekisho change rollback ')
        ? terminal.pick(CHANGE_PROGRESS.takeBack)
        : terminal.pick(CHANGE_PROGRESS.next)
  // Where nobody can be asked, the line must contain everything.
  const isApproval = view.state === 'awaiting_approval' && first.command.startsWith('sekisho change approve ')
  const command =
    isApproval && needsTypedName(view) && !terminal.streams.interactive
      ? approveLine(view.id, view.service)
      : first.command
  const others = view.next.slice(1).map(({ command }) => `${' '.repeat(columns(label) + 2)}${command}`)
  return [
    `\n${label}  ${terminal.paint('strong', command)}`,
    ...(view.state === 'awaiting_approval' ? [] : others),
  ].join('\n')
}

/** As seal/enough.ts says of its envelope. */
function needsTypedName({ pattern, tier }: ChangeView): boolean {
  return pattern === 'data' || tier === 3
}

/** The command that approves without a terminal. `service`: of a change that exchanges data, whose name must be typed. */
export function approveLine(id: string, service?: string): string {
  return `sekisho change approve ${id}${service === undefined ? '' : ` --typed ${service}`} --yes`
}
