// `sekisho incident …`: opened, followed one step at a time, told, verified and closed. The last line is what can be typed next.
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import type { IncidentView } from '../../contract/incident.ts'
import { systemClock } from '../../sys/clock.ts'
import { INCIDENT_WORDS } from '../../words/incident.ts'
import { visible } from '../../words/layout.ts'
import { asTyped, type Call, flag, option, options } from '../command.ts'
import { incidentLines, incidentRow } from '../incident-picture.ts'
import { verdictLines } from '../incident-verdict.ts'
import { typedMoment } from '../moment.ts'
import { zoneHere } from '../show.ts'
import { missingOption, wrongValue } from '../usage.ts'

/** Between two looks at what the gate or a change is doing. */
const LOOK_MS = 1000

export async function run(call: Call): Promise<ExitCode> {
  const client = call.loggedIn()
  const [id = '', second = '', third = ''] = call.positionals
  const incident = id
  switch (call.words) {
    case 'incident open': {
      const level = option(call, 'level')
      if (level !== undefined && !['1', '2', '3'].includes(level))
        throw wrongValue(call, '--level', level, ['1', '2', '3'])
      const service = option(call, 'service')
      if (service === undefined) throw missingOption(call, '--service')
      const since = sinceOf(call)
      const opened = await client.call(
        'incidentOpen',
        asTyped({
          service,
          because: option(call, 'because') ?? call.typed,
          ...(level === undefined ? {} : { level: Number(level) }),
          ...(since === undefined ? {} : { seenSince: since }),
        }),
      )
      return follow(call, opened)
    }
    case 'incident next':
      return follow(call, await client.call('incidentShow', { incident }))
    case 'incident list': {
      const { incidents } = await client.call('incidentList', flag(call, 'all') ? { all: 'true' } : {})
      if (call.terminal.json) call.terminal.answer({ incidents })
      else
        call.terminal.say(
          incidents.map((one) => incidentRow(one, call.terminal)).join('\n') ||
            call.terminal.pick(INCIDENT_WORDS.none),
        )
      return EXIT.done
    }
    case 'incident show':
      return show(call, await client.call('incidentShow', { incident }))
    case 'incident acknowledge':
      return show(call, await client.call('incidentAcknowledge', { incident }))
    case 'incident note':
      return show(
        call,
        await client.call(
          'incidentNote',
          asTyped({ incident, text: second, ...(flag(call, 'status') ? { status: true } : {}) }),
        ),
      )
    case 'incident role':
      return show(call, await client.call('incidentRole', asTyped({ incident, role: second, person: third })))
    case 'incident handover': {
      const note = option(call, 'note')
      if (note === undefined) throw missingOption(call, '--note')
      return show(call, await client.call('incidentHandover', asTyped({ incident, to: second, note })))
    }
    case 'incident recover':
      return show(call, await client.call('incidentRecover', asTyped({ incident, change: second })))
    case 'incident skip':
    case 'incident dismiss': {
      const reason = option(call, 'reason')
      if (reason === undefined) throw missingOption(call, '--reason')
      const operation = call.words === 'incident skip' ? 'incidentSkip' : 'incidentDismiss'
      return show(call, await client.call(operation, asTyped({ incident, reason })))
    }
    case 'incident close':
      return close(call, id)
    case 'incident verify': {
      const verdict = await client.call('incidentVerify', { incident })
      if (call.terminal.json) call.terminal.answer(verdict)
      else call.terminal.say(verdictLines(verdict, call.terminal.language).join('\n'))
      return verdict.sound ? EXIT.done : EXIT.failed
    }
    case 'incident report': {
      const report = await client.call(
        'incidentReport',
        asTyped({ incident, language: call.terminal.language }),
      )
      if (call.terminal.json) call.terminal.answer(report)
      else call.terminal.content(visible(report.markdown))
      return EXIT.done
    }
    default: {
      const item = await client.call('incidentEvidence', asTyped({ incident, item: second }))
      if (call.terminal.json) call.terminal.answer(item)
      else call.terminal.content(visible(item.text))
      return EXIT.done
    }
  }
}

function sinceOf(call: Call): string | undefined {
  const since = option(call, 'since')
  if (since === undefined) return undefined
  const at = typedMoment(since, systemClock.now(), false)
  if (at === undefined) throw wrongValue(call, '--since', since, ['2026-11-25 22:00', '30m'])
  return at
}

/** Goes on as long as the gate can do the next step; says each. Ends where a person has to type or to wait. */
async function follow(call: Call, opened: IncidentView): Promise<ExitCode> {
  const { terminal } = call
  const client = call.loggedIn()
  const leaves = flag(call, 'no-wait')
  let view = opened
  for (;;) {
    const { what, kind } = view.next
    const goesOn = kind === 'does' || (what === 'change_runs' && !leaves)
    if (!goesOn || call.interrupted.aborted) break
    terminal.moving(`${view.id}  ${INCIDENT_WORDS.next(what, terminal.language)}`)
    const before = view
    view = await client.call('incidentNext', { incident: view.id })
    const done = INCIDENT_WORDS.done(view.state, terminal.language, view.level)
    if (view.state !== before.state && done !== undefined && !terminal.json)
      terminal.note(`${view.id}  ${done}`)
    if (view.state === before.state && view.next.what === before.next.what) {
      if (leaves) break
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }
  return show(call, view)
}

/** 0: nothing is left to do, or it is being watched; 3: a person has to do the next step. */
function show(call: Call, view: IncidentView): ExitCode {
  const { terminal } = call
  terminal.settle()
  if (terminal.json) terminal.answer(view)
  else terminal.say(incidentLines(view, terminal, zoneHere()).join('\n'))
  const rests = view.next.kind === 'over' || view.state === 'monitoring'
  return rests ? EXIT.done : EXIT.waiting
}

async function close(call: Call, id: string): Promise<ExitCode> {
  const cause = option(call, 'cause')
  const withoutSoak = option(call, 'without-soak')
  const actions = options(call, 'action').map((given) => {
    const at = given.indexOf(':')
    if (at < 1) throw wrongValue(call, '--action', given, ['WHO: WHAT'])
    return { owner: given.slice(0, at).trim(), what: given.slice(at + 1).trim() }
  })
  const view = await call.loggedIn().call(
    'incidentClose',
    asTyped({
      incident: id,
      ...(cause === undefined ? {} : { cause }),
      ...(actions.length === 0 ? {} : { actions }),
      ...(withoutSoak === undefined ? {} : { withoutSoak }),
    }),
  )
  return show(call, view)
}
