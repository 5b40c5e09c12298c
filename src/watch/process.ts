// The life of sekisho-watch: reads its flags and the rules in force, looks when a check is due, answers who wants a look now, and ends
// when it is told to.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { watchPlacesOf } from '../checks/watch-places.ts'
import { systemClock } from '../sys/clock.ts'
import { tellReady } from '../sys/notify.ts'
import { openWatchDoor } from './door.ts'
import { log } from './log.ts'
import { Looker } from './looker.ts'
import { seeNetwork } from './network.ts'
import { openRules } from './rules.ts'
import { keepLooking } from './schedule.ts'
import { Spool } from './spool.ts'
import { keepTelling } from './telling.ts'

/** Answers the exit code of the process. `argv`: what stands after the script. */
export async function runProcess(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { data: { type: 'string' }, policy: { type: 'string' } },
  })
  const { data, policy } = values
  if (data === undefined || policy === undefined) {
    process.stderr.write('usage: watch --data DIR --policy FILE\n')
    return 64
  }
  const over = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => over.abort())
  // Whoever started us is gone: nobody would end or restart us any more.
  process.on('disconnect', () => over.abort())
  const places = watchPlacesOf(join(data, 'watch'))
  const rules = await openRules(policy, log)
  const spool = await Spool.open(places, systemClock)
  const looker = new Looker({
    clock: systemClock,
    places,
    policy: () => rules.current(),
    log,
    signal: over.signal,
    self: [process.execPath, process.argv[1] ?? ''],
  })
  const door = await openWatchDoor(places.socket, looker, spool, () => rules.refresh(), log)
  log('sekisho-watch looks', { pid: process.pid })
  if (process.send !== undefined) process.send({ ready: true })
  else await tellReady()
  const telling = keepTelling(data, places, () => rules.current(), over.signal)
  await keepLooking({
    clock: systemClock,
    policy: () => rules.current(),
    looker,
    spool,
    network: () => seeNetwork(rules.current()),
    log,
    signal: over.signal,
  })
  await telling
  await door.close()
  rules.close()
  return 0
}
