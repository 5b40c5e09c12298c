// `sekisho maintenance start|end|show`: a service under maintenance, which ends by itself.
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { parseDuration } from '../../base/time.ts'
import type { MaintenanceView } from '../../contract/notice.ts'
import { visibleLine } from '../../words/layout.ts'
import { localTime } from '../../words/local-time.ts'
import { MAINTENANCE_WORDS } from '../../words/notify.ts'
import { type Call, option } from '../command.ts'
import { zoneHere } from '../show.ts'
import type { Terminal } from '../terminal.ts'
import { missingOption, wrongValue } from '../usage.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const client = call.loggedIn()
  if (call.words === 'maintenance show') {
    const answer = await client.call('maintenanceList')
    const now = answer.maintenance.filter(({ phase }) => phase !== 'off')
    if (terminal.json) terminal.answer(answer)
    else if (now.length === 0) terminal.say(terminal.pick(MAINTENANCE_WORDS.none))
    else terminal.say(now.map((one) => line(one, terminal)).join('\n'))
    return EXIT.done
  }
  const name = option(call, 'service')
  if (name === undefined) throw missingOption(call, '--service S')
  if (call.words === 'maintenance end') return say(await client.call('maintenanceEnd', { name }), terminal)
  const wanted = option(call, 'for')
  if (wanted === undefined) throw missingOption(call, '--for 30m')
  const ms = parseDuration(wanted)
  if (ms === undefined || ms < 60_000) throw wrongValue(call, '--for', wanted, ['15m', '30m', '1h'])
  const reason = option(call, 'reason')
  if (reason === undefined) throw missingOption(call, '--reason "…"')
  return say(
    await client.call('maintenanceStart', { name, minutes: Math.floor(ms / 60_000), reason }),
    terminal,
  )
}

function say(one: MaintenanceView, terminal: Terminal): ExitCode {
  if (terminal.json) terminal.answer(one)
  else terminal.say(line(one, terminal))
  return one.phase === 'turning_off' ? EXIT.failed : EXIT.done
}

function line({ service, phase, until, why }: MaintenanceView, terminal: Terminal): string {
  const { language } = terminal
  switch (phase) {
    case 'on':
    case 'turning_on':
      return MAINTENANCE_WORDS.on[language](service, localTime(until, zoneHere(), language))
    case 'turning_off':
      return MAINTENANCE_WORDS.turning[language](service, visibleLine(why ?? ''))
    case 'off':
      return MAINTENANCE_WORDS.off[language](service)
  }
}
