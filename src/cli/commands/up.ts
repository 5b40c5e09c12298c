// `sekisho up` and `down`: everything of one installation, in the foreground of this terminal.

import { DEFAULT_PORT } from '../../app/places.ts'
import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { down } from '../../install/up/down.ts'
import { isHeld } from '../../install/up/hold.ts'
import { up } from '../../install/up/supervise.ts'
import { systemClock, systemRandom } from '../../sys/clock.ts'
import { openLog } from '../../sys/log.ts'
import { UP_WORDS } from '../../words/up.ts'
import { type Call, option } from '../command.ts'
import { insteadOf } from '../installed.ts'
import { wrongValue } from '../usage.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal, place, environment } = call
  const instead = insteadOf(call.words === 'down' ? 'down' : 'up', place.data, call.uid)
  // An `up` that runs already (from before the installation) can still be ended by `down`.
  if (instead !== undefined && !(call.words === 'down' && (await isUp(place.data))))
    throw new SekishoError('host.installed', { command: instead })
  if (call.words === 'down') {
    await down(place.data, systemClock)
    if (terminal.json) terminal.answer({ down: true })
    else terminal.say(terminal.pick(UP_WORDS).down)
    return EXIT.done
  }
  const databaseUrl = environment['DATABASE_URL']
  await up({
    data: place.data,
    port: portFrom(call),
    language: terminal.language,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    clock: systemClock,
    random: systemRandom,
    log: openLog({ part: 'up', level: 'warn' }),
    say: (line) => terminal.note(line),
    signal: call.interrupted,
  })
  return EXIT.done
}

const isUp = (data: string) => isHeld(data).catch(() => false)

function portFrom(call: Call): number {
  const given = option(call, 'port')
  const port = given === undefined ? DEFAULT_PORT : Number(given)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw wrongValue(call, '--port', given ?? '', ['1–65535'])
  return port
}
