// Runner, gate, sekisho-watch or PostgreSQL is killed at a random moment of an incident that is opened, sealed and restarted, on a real host: it comes
// to the right end, its evidence is sealed once and sound, and the service was restarted once. Seeded; `npm run campaign` takes more.
import { beforeAll, expect, test } from 'vitest'
import type { IncidentView } from '../../src/contract/incident.ts'
import { describeWith } from '../host/describe.ts'
import { MIRAI_UNIT } from '../host/host.ts'
import { until } from '../until.ts'
import { ready, type World, world } from '../world/world.ts'
import { cursor, GATE, killOne, POSTGRES, pause, RUNNER, restarts, SERVICE, seeded } from './campaign.ts'
import { times } from './share.ts'

const WATCH = '(watch/main\\.ts|watch\\.mjs) '
const VICTIMS = { runner: RUNNER, gate: GATE, watch: WATCH, postgres: POSTGRES } as const
type Victim = keyof typeof VICTIMS
/** From the command to the recovery it takes about so long. */
const LONGEST_MS = 9000

describeWith('host', 'an incident whose parts are killed', () => {
  let w: World
  beforeAll(async () => {
    w = await world()
    await sign()
  }, 240_000)
  /** A signature is good for six restarts an hour. */
  const sign = () => w.json('ops1', ['standing', 'sign', SERVICE, 'restart', '--per-hour', '6', '--yes'])
  const show = (id: string) => w.json<IncidentView>('ops1', ['incident', 'show', id])

  test('the right end, nothing doubled', { timeout: 3_600_000 }, async () => {
    const random = seeded()
    const victims = Object.keys(VICTIMS) as Victim[]
    const told: string[] = []
    console.log(`SEKISHO_SEED=${random.seed}`)
    for (let i = 0; i < times(15); i++) {
      if (i > 0 && i % 5 === 0) await sign()
      const victim = victims[Math.floor(random.next() * victims.length)] ?? 'runner'
      const afterMs = Math.floor(random.next() * LONGEST_MS)
      const name = `${i}: ${victim} after ${afterMs} ms`
      const since = await cursor(w.host)
      const opening = w.sekisho('ops1', [
        'incident',
        'open',
        '--service',
        SERVICE,
        '--because',
        name,
        '--json',
      ])
      await pause(afterMs)
      await killOne(w.host, VICTIMS[victim])
      await opening
      await ready(w.host)
      // Whatever the command has heard, it is there once, or it is opened now.
      const found = await until(`${name}: an answer`, 120_000, async () => {
        const list = await w
          .json<{ incidents: IncidentView[] }>('ops1', ['incident', 'list'])
          .catch(() => undefined)
        return list?.incidents
      })
      expect(found.length, name).toBeLessThanOrEqual(1)
      const id =
        found[0]?.id ??
        (await w.json<IncidentView>('ops1', ['incident', 'open', '--service', SERVICE, '--because', name])).id
      const end = await until(`${name}: the recovery`, 240_000, async () => {
        await w.sekisho('ops1', ['incident', 'next', id])
        const now = await show(id).catch(() => undefined)
        told.push(`${name}: ${now?.state} ${now?.next.what}`)
        return now?.state === 'monitoring' ? now : undefined
      }).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${told.slice(-5).join('\n')}`)
      })
      expect(
        end.evidence.filter(({ set }) => set === 'level1'),
        name,
      ).toHaveLength(1)
      expect(end.recoveries, `${name} ${JSON.stringify(end.recoveries)}`).toHaveLength(1)
      expect(await restarts(w.host, since), name).toBe(1)
      expect((await w.host.exec(['systemctl', 'is-active', MIRAI_UNIT])).code, name).toBe(0)
      const { sound } = await w.json<{ sound: boolean }>('ops1', ['incident', 'verify', id])
      expect(sound, name).toBe(true)
      const closed = await w.sekisho('ops1', [
        'incident',
        'close',
        id,
        '--cause',
        name,
        '--without-soak',
        'a test',
      ])
      expect(closed.code, name + closed.stderr).toBe(0)
    }
    expect((await w.sekisho('ops1', ['ledger', 'verify'])).code).toBe(0)
  })
})
