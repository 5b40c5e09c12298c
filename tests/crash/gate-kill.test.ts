// F1 and X16 on the whole gate: one nginx change and one restart, in apply and in undo; SIGKILL of everything at every
// place that an undisturbed run passes, of the runner at each third, and of gate and PostgreSQL at three each. A seeded tenth;
// `npm run campaign` is the whole.
import { beforeAll, expect, test } from 'vitest'
import { KILL_POINTS } from '../../src/runner/kill-points.ts'
import { environment } from '../../src/sys/config.ts'
import { describeWith } from '../host/describe.ts'
import { until } from '../until.ts'
import {
  comeUp,
  HIT,
  isHit,
  killAll,
  LIMBO_MS,
  mend,
  ORDER,
  type Station,
  seeded,
  stations,
  verifyLedger,
} from './campaign.ts'
import { judgeTrace, traced } from './journal-trace.ts'
import { type Killed, placesOf, type Row, type Scenario, type Trial, tryKill } from './trial-of-kill.ts'

const IS_WHOLE = environment['SEKISHO_CAMPAIGN'] === 'whole'
const HOSTS = Number(environment['SEKISHO_CAMPAIGN_HOSTS'] ?? (IS_WHOLE ? 4 : 2))
/** For somebody who looks for one fault: only trials whose name fits. */
const ONLY = new RegExp(environment['SEKISHO_CAMPAIGN_ONLY'] ?? '')
// Every place of every scenario is the whole of the row; a share of them is a part.
const ROW = IS_WHOLE && environment['SEKISHO_CAMPAIGN_ONLY'] === undefined ? 'X16' : 'part of X16:'
const SHARE = 10
const LIMIT = { timeout: 3_600_000 }

/** Where gate and PostgreSQL die: at the beginning, in the middle, and just before the end. */
const THREE: Readonly<Record<Scenario, readonly string[]>> = {
  'nginx apply': ['journal.accepted.after#1', 'journal.intent.after#1', 'journal.closed.before#1'],
  'nginx undo': ['journal.stopAsked.after#1', 'journal.intent.after#1', 'journal.closed.before#1'],
  'restart apply': ['journal.accepted.after#1', 'journal.intent.after#1', 'journal.closed.before#1'],
  'restart undo': ['journal.stopAsked.after#1', 'journal.claim.after#1', 'journal.closed.before#1'],
}
/** Where the life that settles is killed in its turn. */
const AGAIN: Readonly<Record<Scenario, readonly (readonly [string, string])[]>> = {
  'nginx apply': [
    ['files.replace.after#1', 'journal.probed.before#1'],
    ['unit.call.after#1', 'journal.probed.after#1'],
  ],
  'nginx undo': [
    ['files.putBack.before#1', 'journal.probed.before#1'],
    ['unit.call.after#1', 'journal.probed.after#1'],
  ],
  'restart apply': [
    ['unit.call.before#1', 'journal.probed.before#1'],
    ['unit.call.after#1', 'journal.probed.after#1'],
  ],
  'restart undo': [['journal.intent.after#1', 'journal.probed.before#1']],
}
const SCENARIOS = Object.keys(THREE) as readonly Scenario[]

describeWith('host', 'F1 the whole gate is killed', () => {
  let all: readonly Station[]
  const random = seeded()
  beforeAll(async () => {
    console.log(`crash campaign: ${IS_WHOLE ? 'whole' : `a tenth, SEKISHO_SEED=${random.seed}`}`)
    all = await stations(HOSTS)
  })

  const first = () => {
    const [one] = all
    if (one === undefined) throw new Error('no station')
    return one
  }
  const known = new Map<Scenario, readonly string[]>()

  test(
    'part of X16: every write to the journal of a change has its places, each followed by fsync: the system calls say so',
    LIMIT,
    async () => {
      const [trace, passed] = await traced(first().host, async () => {
        for (const scenario of SCENARIOS) known.set(scenario, await placesOf(first(), scenario))
      })
      expect(judgeTrace(trace, passed)).toEqual([])
      for (const points of known.values())
        for (const point of points) expect(KILL_POINTS).toContain(point.split('#')[0])
    },
  )

  test.each(SCENARIOS)(
    `${ROW} %s: right end, nothing doubled, nothing lost, no limbo`,
    LIMIT,
    async (scenario) => {
      // Known from the traced run, or seen now where this row runs alone.
      const points = known.get(scenario) ?? (await placesOf(first(), scenario))
      expect(points.length).toBeGreaterThan(8)
      const trials = trialsOf(scenario, points)
      const rows: Row[] = []
      await Promise.all(
        all.map(async (station) => {
          for (let trial = trials.shift(); trial !== undefined; trial = trials.shift())
            rows.push(await tried(station, trial))
        }),
      )
      console.log(table(rows))
      expect(rows.filter(({ faults }) => faults.length > 0)).toEqual([])
      for (const { milliseconds } of rows) expect(milliseconds).toBeLessThan(LIMBO_MS)
    },
  )

  test(
    'F1 killed around a checkpoint: the ledger stays sound and the next head is signed',
    LIMIT,
    async () => {
      const { world, host } = first()
      for (const point of ['journal.checkpoint.before#1', 'journal.checkpoint.after#1'])
        for (const killed of ['runner', 'everything'] as const) {
          await host.put(ORDER, `${point} ${killed === 'runner' ? 'kill' : 'hold'}`)
          // An ordinary event, so that there is something new to sign.
          await world.sekisho('ops1', ['login', 'ops1', '--key', '/home/ops1/.ssh/id_ed25519'])
          const signing = world.sekisho('ops1', ['ledger', 'checkpoint'], { timeoutMs: 60_000 })
          await until(`${point} to be reached`, 90_000, () => isHit(host) || undefined)
          if (killed === 'everything') await killAll(host)
          await host.exec(['rm', '-f', HIT])
          if (killed === 'everything') await comeUp(host)
          await signing
          const next = await until('the head to be signed', LIMBO_MS, async () => {
            const { code } = await world.sekisho('ops1', ['ledger', 'checkpoint'])
            return code === 0 ? true : undefined
          })
          expect(next).toBe(true)
          expect(await verifyLedger(first()), `${killed} at ${point}`).toMatchObject({ sound: true })
        }
    },
  )

  function trialsOf(scenario: Scenario, points: readonly string[]): Trial[] {
    // The runner alone dies at each place in runner-kill.test.ts; here it does so at each third.
    const every = (['runner', 'everything'] as const).flatMap((killed) =>
      points
        .filter((_, i) => killed === 'everything' || i % 3 === 0)
        .map((point): Trial => ({ scenario, point, killed })),
    )
    const three = (['gate', 'postgres'] as const).flatMap((killed) =>
      THREE[scenario].map((point): Trial => ({ scenario, point, killed })),
    )
    const twice = (['runner', 'everything'] as const).flatMap((killed) =>
      AGAIN[scenario].map(([point, again]): Trial => ({ scenario, point, killed, again })),
    )
    const trials = [...every, ...three, ...twice]
    const chosen = IS_WHOLE ? trials : trials.filter(() => random.next() < 1 / SHARE)
    return chosen.filter((one) => ONLY.test(`${one.scenario} ${one.killed} ${placeOf(one)}`))
  }
})

/** A trial that itself breaks is a fault of its row, so that the others are still heard. */
async function tried(station: Station, trial: Trial): Promise<Row> {
  const row = await tryKill(station, trial).catch((error: unknown) => ({
    ...trial,
    end: 'broken',
    milliseconds: 0,
    reloads: 0,
    restarts: 0,
    faults: [error instanceof Error ? error.message : String(error)] as string[],
  }))
  if (row.end === 'broken') await mend(station).catch((error: unknown) => console.log(String(error)))
  if (row.faults.length > 0)
    console.log(`${trial.scenario}, ${trial.killed} at ${placeOf(trial)}:`, row.faults)
  return row
}

const placeOf = ({ point, again }: Trial) => (again === undefined ? point : `${point}, then ${again}`)

function table(rows: readonly Row[]): string {
  const order: readonly Killed[] = ['runner', 'everything', 'gate', 'postgres']
  const lines = rows
    .toSorted((a, b) => order.indexOf(a.killed) - order.indexOf(b.killed) || (a.point < b.point ? -1 : 1))
    .map((row) => {
      const { scenario, killed, end, milliseconds, reloads, restarts, faults } = row
      const words = [
        scenario,
        killed,
        placeOf(row),
        end,
        `${milliseconds} ms`,
        `reloads ${reloads}`,
        `restarts ${restarts}`,
      ]
      return [...words, faults.length === 0 ? 'right' : 'WRONG'].join(' | ')
    })
  const times = rows.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return [
    ...lines,
    `${rows.length} kills, until the end p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${at(1)} ms`,
  ].join('\n')
}
