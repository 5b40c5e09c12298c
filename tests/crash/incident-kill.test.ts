// Runner, gate, sekisho-watch or PostgreSQL is killed at each place and at random moments of an incident that is opened, sealed and restarted, on a real
// host: it comes to the right end, its evidence is sealed once and sound, and the service was restarted once. Seeded; `npm run campaign` takes all.
import { beforeAll, expect, test } from 'vitest'
import type { IncidentView } from '../../src/contract/incident.ts'
import { environment } from '../../src/sys/config.ts'
import { describeWith } from '../host/describe.ts'
import { MIRAI_UNIT } from '../host/host.ts'
import { miraiPolicy } from '../host/mirai.ts'
import { until } from '../until.ts'
import { ready, type World, world } from '../world/world.ts'
import {
  cursor,
  GATE,
  isOfChange,
  killOne,
  numbered,
  POSTGRES,
  pause,
  places,
  RUNNER,
  restarts,
  SERVICE,
  seeded,
  WATCH,
} from './campaign.ts'
import { entriesAfter, holdAt, isHeldAt, lastEntry, letGo, withHolds } from './ledger-hold.ts'
import { IS_WHOLE } from './share.ts'
import { withOrders } from './trial-of-code.ts'

const VICTIMS = { runner: RUNNER, gate: GATE, watch: WATCH, postgres: POSTGRES } as const
type Victim = keyof typeof VICTIMS
/** At a place of the runner, in a transaction of the gate, or so many milliseconds after the command. */
interface Kill {
  readonly victim: Victim
  readonly at: string | number
}
/** Facts are read, and a statement is kept, when they are due. Evidence is sealed twice with two lines each; what follows says that it was read. */
const isOfIncident = (name: string) =>
  isOfChange(name) &&
  !/^journal\.(stored|statement|trial)\./.test(name) &&
  !/^journal\.evidence\.\w+#([5-9]|\d\d)$/.test(name)
/** For somebody who looks for one fault: only places that hold this, with each victim. */
const ONLY = environment['SEKISHO_CAMPAIGN_ONLY']
/** From the command to the recovery it takes about so long. */
const LONGEST_MS = 9000
/** An hour, of one service: one for each incident, and some more. Counted by what is done: signing again gives no more. */
const RESTARTS = 100

describeWith('host', 'an incident whose parts are killed', () => {
  let w: World
  beforeAll(async () => {
    w = await world({
      policy: async (host) =>
        (await miraiPolicy(host)).replace(/^policy:$/m, `policy:\n  standing: { per_hour: ${RESTARTS} }`),
    })
    await withOrders(w.host)
    await withHolds(w.host)
    const limit = ['--per-hour', String(RESTARTS)]
    await w.json('ops1', ['standing', 'sign', SERVICE, 'restart', ...limit, '--yes'])
  }, 240_000)
  const show = (id: string) => w.json<IncidentView>('ops1', ['incident', 'show', id])

  /** The places of an undisturbed one by turns with each victim, and random moments. */
  async function kills(
    random: ReturnType<typeof seeded>,
    victims: readonly Victim[],
  ): Promise<readonly Kill[]> {
    const from = { places: (await places(w.host)).length, entry: await lastEntry(w.host) }
    const { id } = await w.json<IncidentView>('ops1', [
      'incident',
      'open',
      '--service',
      SERVICE,
      '--because',
      'nobody is killed',
    ])
    await until('the recovery', 240_000, async () => {
      await w.sekisho('ops1', ['incident', 'next', id])
      return (await show(id)).state === 'monitoring' ? true : undefined
    })
    const passed = [
      ...numbered((await places(w.host)).slice(from.places)).filter(isOfIncident),
      ...numbered(await entriesAfter(w.host, from.entry)),
    ]
    console.log(`places: ${passed.join(', ')}`)
    await w.json('ops1', ['incident', 'close', id, '--cause', 'tried', '--without-soak', 'a test'])
    expect(passed.length).toBeGreaterThan(15)
    const placed = passed.map(
      (at, i): Kill => ({ at, victim: victims[(i + random.seed) % victims.length] ?? 'runner' }),
    )
    const chance = Array.from(
      { length: 15 },
      (): Kill => ({
        victim: victims[Math.floor(random.next() * victims.length)] ?? 'runner',
        at: Math.floor(random.next() * LONGEST_MS),
      }),
    )
    if (ONLY !== undefined)
      return passed
        .filter((at) => at.includes(ONLY))
        .flatMap((at) => victims.map((victim): Kill => ({ at, victim })))
    if (IS_WHOLE) return [...placed, ...chance]
    const two = [0, 1].flatMap(() => placed[Math.floor(random.next() * placed.length)] ?? [])
    return [...two, ...chance.slice(0, 1)]
  }

  test('the right end, nothing doubled', { timeout: 3_600_000 }, async () => {
    const random = seeded()
    const victims = Object.keys(VICTIMS) as Victim[]
    const told: string[] = []
    console.log(`SEKISHO_SEED=${random.seed}`)
    async function kill({ victim, at }: Kill): Promise<void> {
      if (typeof at === 'number') await pause(at)
      else {
        const isThere = await until(`${at} to be reached`, 60_000, () => isHeldAt(w.host, at)).catch(
          () => false,
        )
        expect(isThere, `${at} was not reached`).toBe(true)
      }
      await killOne(w.host, VICTIMS[victim])
      if (typeof at === 'string') await letGo(w.host, at)
    }
    for (const [i, one] of (await kills(random, victims)).entries()) {
      const name = `${i}: ${one.victim} at ${one.at}`
      if (typeof one.at === 'string') await holdAt(w.host, one.at)
      const began = performance.now()
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
      await kill(one)
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
      // A runner that died at the last place may not answer yet.
      let verdict = ''
      await until(
        () => `${name}: sound evidence: ${verdict}`,
        60_000,
        async () => {
          const verified = await w.sekisho('ops1', ['incident', 'verify', id])
          verdict = verified.stdout + verified.stderr
          return verified.code === 0 || undefined
        },
      )
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
      console.log(`${name}: right, ${Math.round(performance.now() - began)} ms`)
    }
    expect((await w.sekisho('ops1', ['ledger', 'verify'])).code).toBe(0)
  })
})
