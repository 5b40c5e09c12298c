// `sekisho incident reconnect`: the change that ends the isolation of the host. It never acts by itself: its approval does.
import { SekishoError } from '../../base/error.ts'
import type { ExitCode } from '../../base/error-codes.ts'
import { isIncidentId } from '../../base/id.ts'
import type { NewChange } from '../../contract/change.ts'
import { CHANGE_PROGRESS } from '../../words/change-progress.ts'
import { type Call, option } from '../command.ts'
import { propose } from '../propose.ts'
import { missingOption } from '../usage.ts'
import { askToApprove } from './ask-to-approve.ts'
import { present } from './change-after.ts'

export async function run(call: Call): Promise<ExitCode> {
  const [incident = ''] = call.positionals
  if (!isIncidentId(incident)) throw new SekishoError('input.invalid', { field: 'ID', why: 'INC-2026-0001' })
  const by = option(call, 'by')
  const [impact, risk] = [option(call, 'impact'), option(call, 'risk')]
  const wish: NewChange = {
    pattern: 'isolation',
    service: option(call, 'service') ?? (await serviceOf(call, incident)),
    incident,
    instruction: {
      // The command that was typed is the instruction; an agent has to quote one.
      text: option(call, 'instruction') ?? call.typed,
      ...(by === undefined ? {} : { by }),
      ...(call.environment['SEKISHO_TOKEN'] === undefined ? { channel: 'terminal' } : {}),
    },
    // The users of the service learn that it answers again.
    notification: 'needed',
    ...(impact === undefined ? {} : { impact }),
    ...(risk === undefined ? {} : { risk }),
  }
  const view = await propose(
    call,
    (client) => client.call('changeCreate', wish),
    CHANGE_PROGRESS.checkingIsolation,
    wish,
  )
  return (await askToApprove(view, call)) ?? (await present(view, call))
}

/** The service under whose signature the host was cut off, as its runner says it. */
async function serviceOf(call: Call, incident: string): Promise<string> {
  const { red = [] } = await call.loggedIn().call('status')
  const isolated = red.find(
    ({ values }) => values['incident'] === incident && values['service'] !== undefined,
  )
  const service = isolated?.values['service']
  if (typeof service !== 'string') throw missingOption(call, '--service S')
  return service
}
