// F1 of a declared command: runner, gate, PostgreSQL and all of them at once are killed at each place of its step and of its way back. What is judged is seen from
// outside: how often PID 1 started it, and the file that it writes.
import { beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { KILL_POINTS } from '../../src/runner/kill-points.ts'
import { environment } from '../../src/sys/config.ts'
import { BROKEN, JOBS, markLine, marksOf, marksWorld, SLOW } from '../accept/marks.ts'
import { describeWith } from '../host/describe.ts'
import type { Host } from '../host/host.ts'
import { until } from '../until.ts'
import type { World } from '../world/world.ts'
import {
  cursor,
  endOf,
  HIT,
  IS_OVER,
  isOfChange,
  look,
  mend,
  numbered,
  ORDER,
  places,
  type Station,
  seeded,
  verifyLedger,
} from './campaign.ts'
import { IS_WHOLE } from './share.ts'
import { EVERYWHERE, type Kill, nothingLeft, order, struck, withOrders } from './trial-of-code.ts'

interface Trial {
  /** It fails in production behind its effect, and is taken back. */
  readonly fails: boolean
  readonly kill?: Kill
}
interface Row extends Trial {
  readonly end: string
  /** Asked a person. */
  readonly parked: boolean
  readonly starts: number
  readonly backs: number
  readonly faults: readonly string[]
}

const LIMIT = { timeout: 3_600_000 }
const ENDED_MS = 240_000
/** Places of a way back that an ordinary run chooses from, which does not look for all of them first. */
const OF_BACK: readonly string[] = [
  'journal.claim.before#1',
  'journal.claim.after#1',
  'journal.intent.before#2',
  'journal.intent.after#2',
  'exec.started#2',
  'journal.outcome.before#2',
  'journal.outcome.after#2',
  'journal.closed.before#1',
]
/** Lines that come when they will. */
const isOwn = (name: string) =>
  isOfChange(name) && !/^journal\.(stored|evidence|statement|backup|trial)\./.test(name)
/** For somebody who looks for one fault: only these trials, as JSON. */
const ONLY = environment['SEKISHO_CAMPAIGN_ONLY']

describeWith('host', 'F1 a declared command is killed', () => {
  const random = seeded()
  let here: World
  let s: Station
  beforeAll(async () => {
    console.log(`kills of a command: ${IS_WHOLE ? 'whole' : 'three'}, SEKISHO_SEED=${random.seed}`)
    here = await marksWorld({ keep: '20m' })
    s = { world: here, host: here.host, site: '' }
    await withOrders(here.host)
  }, 300_000)

  const pick = <T>(all: readonly T[]): T => all[Math.floor(random.next() * all.length)] as T
  const at = (point: string, killed: string): Kill => ({ at: { point }, killed })
  async function passed(fails: boolean): Promise<readonly string[]> {
    let from = 0
    const row = await tryCommand({ fails }, async () => {
      from = (await places(here.host)).length
    })
    expect(row.faults, JSON.stringify(row)).toEqual([])
    return numbered((await places(here.host)).slice(from)).filter(isOwn)
  }

  async function all(): Promise<readonly Trial[]> {
    const kept = await passed(false)
    const failed = await passed(true)
    for (const point of [...kept, ...failed]) expect(KILL_POINTS).toContain(point.split('#')[0])
    expect(failed).toEqual(expect.arrayContaining([...OF_BACK]))
    console.log(`places: ${JSON.stringify({ kept, failed })}`)
    // Each place with one of the victims, by turns: as many seeds as there are victims see all of them.
    const victim = (i: number) => EVERYWHERE[(i + random.seed) % EVERYWHERE.length] ?? 'runner'
    const back = failed.slice(failed.findIndex((one) => one.startsWith('journal.intent.')))
    return [
      ...kept.map((point, i) => ({ fails: false, kill: at(point, victim(i)) })),
      ...back.map((point, i) => ({ fails: true, kill: at(point, victim(i)) })),
    ]
  }

  async function three(): Promise<readonly Trial[]> {
    const kept = await passed(false)
    return [
      { fails: false, kill: at(pick(kept), pick(EVERYWHERE)) },
      { fails: false, kill: at('exec.started#1', pick(EVERYWHERE)) },
      { fails: true, kill: at(pick(OF_BACK), pick(EVERYWHERE)) },
    ]
  }

  test(
    'part of X16: it runs once, its way back runs once, or a person is asked; nothing is doubled, nothing left over',
    LIMIT,
    async () => {
      const trials =
        ONLY === undefined ? await (IS_WHOLE ? all() : three()) : (JSON.parse(ONLY) as readonly Trial[])
      const rows: Row[] = []
      for (const trial of trials) {
        const began = performance.now()
        const row = await tryCommand(trial).catch((error: unknown): Row => {
          const faults = [error instanceof Error ? error.message : String(error)]
          return { ...trial, end: 'broken', parked: false, starts: 0, backs: 0, faults }
        })
        rows.push(row)
        if (row.faults.length > 0) await mend(s).catch((cause: unknown) => console.log(String(cause)))
        console.log(`${Math.round(performance.now() - began)} ms ${JSON.stringify(row)}`)
      }
      console.log(`${rows.length} kills, ${rows.filter(({ parked }) => parked).length} asked a person`)
      expect(rows.filter(({ faults }) => faults.length > 0)).toEqual([])
    },
  )

  /** One proposal, approved, killed where the trial says so, and judged when it has ended. */
  async function tryCommand(trial: Trial, onSealed: () => Promise<void> = async () => {}): Promise<Row> {
    const { host } = here
    const { fails, kill } = trial
    const faults: string[] = []
    const expectThat = (holds: boolean, fault: string) => {
      if (!holds) faults.push(fault)
    }
    await host.exec(['rm', '-f', ORDER, HIT, BROKEN, SLOW])
    const sealed = await here.json<ChangeView>('claude', markLine('mark'), { timeoutMs: 300_000 })
    if (sealed.state !== 'awaiting_approval')
      throw new Error(`not to be approved: ${sealed.state} ${JSON.stringify(sealed.checks)}`)
    const { id } = sealed
    const before = await marksOf(here)
    const since = await cursor(host)
    await onSealed()
    if (fails) await host.put(BROKEN, '')
    await host.put(SLOW, '')
    if (kill !== undefined) await order(host, kill)
    const approve = () =>
      here.sekisho('ops1', ['change', 'approve', id, '--yes', '--no-wait', '--json'], { timeoutMs: 60_000 })
    const approving = approve()
    if (kill !== undefined) {
      const isStruck = await struck({ world: here }, kill, async () => {
        const view = await look(s, id)
        return view !== undefined && IS_OVER.includes(view.state)
      })
      expectThat(isStruck, 'the place was not reached')
    }
    const isAcknowledged = (await approving).code === 0
    const shown = await until('the gate to answer', 60_000, () => look(s, id))
    const isApproved = shown.decisions.some(({ type, live }) => type === 'approve' && live)
    if (isAcknowledged) expectThat(isApproved, 'an acknowledged approval is lost')
    else if (!isApproved) await approve()
    const met = await endOf(s, id, ENDED_MS)
    const parked = met.state === 'paused' || met.state === 'stuck'
    const soFar = await started(host, since)
    expectThat(soFar.starts <= 1 && soFar.backs <= 1, `doubled: ${JSON.stringify(soFar)}`)
    const view = parked ? await answered(met, faults) : met
    await host.exec(['rm', '-f', ORDER, HIT, BROKEN, SLOW])
    const outcome = view.execution?.outcome ?? view.state
    const after = await marksOf(here)
    const { starts, backs } = await started(host, since)
    expectThat(view.state === 'closed', `${view.state}: ${JSON.stringify(view.execution?.state)}`)
    if (!parked) {
      expectThat(
        outcome === (fails ? 'rolled_back' : 'kept'),
        `${fails ? 'failing' : 'sound'}, and ${outcome}`,
      )
      expectThat(starts === 1, `${starts} starts and ${outcome}`)
      expectThat(backs === (fails ? 1 : 0), `${backs} starts of the way back and ${outcome}`)
    }
    const added = outcome === 'kept' ? 1 : 0
    expectThat(
      JSON.stringify(after) === JSON.stringify([...before, ...Array<string>(added).fill('marked by marks')]),
      `${outcome}, and ${JSON.stringify([before.length, after])}`,
    )
    faults.push(...(await nothingLeft({ world: here, root: JOBS })))
    const ledger = await verifyLedger(s)
    expectThat(ledger?.sound === true, `the ledger: ${JSON.stringify(ledger)}`)
    return { ...trial, end: outcome, parked, starts, backs, faults }
  }

  /** A person who was asked looks at the file, and stops it: the way back runs once, where the command had run. */
  async function answered(met: ChangeView, faults: string[]): Promise<ChangeView> {
    const { id } = met
    if (met.next.length === 0) faults.push('it waits for a person and nobody is told')
    if (met.state === 'stuck') {
      await here.sekisho('ops1', ['change', 'continue', id, 'skip', '--yes'])
      faults.push('the way back asked a person, which no kill at a place of it may need')
    } else await here.sekisho('ops1', ['change', 'abort', id, '--yes'])
    return until(`${id} to be closed`, ENDED_MS, async () => {
      const now = await look(s, id)
      return now !== undefined && ['closed', 'failed', 'stuck'].includes(now.state) ? now : undefined
    })
  }
})

/** How often PID 1 started it, and its way back. */
async function started(
  host: Host,
  since: string,
): Promise<{ readonly starts: number; readonly backs: number }> {
  await host.ok(['journalctl', '--sync'])
  const said = await host.ok(['journalctl', `--after-cursor=${since}`, '--no-pager', '-o', 'cat', '_PID=1'])
  const count = (name: string) =>
    said
      .split('\n')
      .filter((line) => new RegExp(`^Started sekisho-exec-\\S+-\\d+-${name}\\.service\\b`).test(line)).length
  return { starts: count('mark'), backs: count('mark-back') }
}
