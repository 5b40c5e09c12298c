// `sekisho incident capture`: the full capture of this host, and the access and login logs of a window, into the evidence of an incident.
import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { isIncidentId, isServiceName } from '../../base/id.ts'
import { instant } from '../../base/time.ts'
import type { IsolationAnswers } from '../../seal/isolation-protocol.ts'
import { systemClock } from '../../sys/clock.ts'
import { CAPTURE_WORDS } from '../../words/capture.ts'
import { type Call, option } from '../command.ts'
import { typedMoment } from '../moment.ts'
import { askOwner, whoTypes } from '../rules-file.ts'
import { wrongValue } from '../usage.ts'

const DAY_MS = 86_400_000

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const [incident = ''] = call.positionals
  if (!isIncidentId(incident)) throw new SekishoError('input.invalid', { field: 'ID', why: 'INC-2026-0001' })
  const now = systemClock.now()
  const service = option(call, 'service')
  if (service !== undefined && !isServiceName(service))
    throw new SekishoError('input.invalid', { field: '--service', why: service })
  const moment = (name: 'since' | 'until', usual: number) => {
    const typed = option(call, name)
    const at = typed === undefined ? instant(usual) : typedMoment(typed, now, name === 'until')
    if (at === undefined) throw wrongValue(call, `--${name}`, typed ?? '', ['24h', '2026-11-25 22:00'])
    return at
  }
  terminal.moving(terminal.pick(CAPTURE_WORDS.taking))
  const taken = await askOwner(call, (runner) =>
    runner.ask('capture', {
      incident,
      since: moment('since', now - DAY_MS),
      until: moment('until', now),
      by: whoTypes(call),
      ...(service === undefined ? {} : { service }),
    }),
  )
  terminal.settle()
  if (terminal.json) terminal.answer(taken)
  else terminal.say(lines(taken, call).join('\n'))
  return EXIT.done
}

function lines(taken: IsolationAnswers['capture'], call: Call): readonly string[] {
  const words = call.terminal.pick(CAPTURE_WORDS.lines)
  const { access, auth, gaps } = taken
  return [
    words.taken(taken.items.length, taken.bytes, taken.milliseconds),
    ...gaps.map(({ name, why }) => words.gap(name, why)),
    access.groups.length === 0 && access.notUnderstood > 0
      ? words.noneKnown.writes(access.inWindow)
      : words.writes(access.groups.length + (access.more > 0 ? 1 : 0), access.inWindow),
    ...(access.notUnderstood > 0 ? [words.notUnderstood(access.notUnderstood)] : []),
    ...access.groups.map(({ key, count, last }) => words.group(key, count, last)),
    ...(access.more > 0 ? [words.more(access.more)] : []),
    auth.groups.length === 0 && auth.notUnderstood > 0
      ? words.noneKnown.logins(auth.inWindow)
      : words.logins(auth.groups.length, auth.inWindow),
    ...(auth.notUnderstood > 0 ? [words.notUnderstood(auth.notUnderstood)] : []),
    ...auth.groups.map(({ key, count, last }) => words.group(key, count, last)),
    ...(auth.more > 0 ? [words.more(auth.more)] : []),
    ...(access.unstamped + auth.unstamped > 0 ? [words.unstamped(access.unstamped + auth.unstamped)] : []),
  ]
}
