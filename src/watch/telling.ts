// Starts the sender of notices and the outgoing pings, and tells by itself when the gate is silent: nobody else could.
import { instant, randomHex } from '../base/time.ts'
import type { WatchPlaces } from '../checks/watch-places.ts'
import type { Sender } from '../deliver/sender.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { systemClock, systemRandom } from '../sys/clock.ts'
import { GATE_SILENT } from '../words/watch-notice.ts'
import { levelled, log } from './log.ts'
import { watchNeighbours } from './neighbours.ts'

const LOOK_MS = 10_000
/** A restart of the gate, or of the host, is shorter. */
const SILENT_MS = 180_000

export async function keepTelling(
  data: string,
  places: WatchPlaces,
  policy: () => CompiledPolicy | undefined,
  signal: AbortSignal,
): Promise<void> {
  const neighbours = watchNeighbours(data, systemClock, signal)
  let sender: Sender | undefined
  const { startNotices } = await import('../deliver/start.ts')
  const sending = startNotices({
    directory: places.directory,
    policy,
    isWell: () => neighbours.isWell(),
    clock: systemClock,
    log: levelled,
    signal,
    onSender: (one) => {
      sender = one
    },
  }).catch((error: unknown) => log('the sender of notices ended', { why: String(error) }))
  let told: string | undefined
  while (!signal.aborted) {
    const since = neighbours.silentSince()
    const silentMs = since === undefined ? 0 : systemClock.uptime() - since
    if (since === undefined) told = undefined
    else if (silentMs > SILENT_MS && told === undefined && sender !== undefined) {
      told = `NTC-gate-silent-${randomHex(systemRandom, 6)}`
      await raise(sender, told, silentMs)
    }
    await systemClock.sleep(LOOK_MS, signal).catch(() => {})
  }
  await sending
}

async function raise(sender: Sender, id: string, silentMs: number): Promise<void> {
  const at = instant(systemClock.now())
  const minutes = Math.round(silentMs / 60_000)
  await sender
    .raise({
      v: 1,
      id,
      kind: 'system',
      topic: 'gate.silent',
      severity: 'red',
      at,
      sendAt: at,
      text: { ja: GATE_SILENT.ja(minutes), en: GATE_SILENT.en(minutes) },
      items: 1,
      state: 'open',
    })
    .catch((error: unknown) => log('the silence of the gate could not be told', { why: String(error) }))
}
