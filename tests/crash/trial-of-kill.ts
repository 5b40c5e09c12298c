// One trial of the campaign: a change is driven to where it is interesting, something is killed at one place, and the end is judged.
import type { ChangeView } from '../../src/contract/change.ts'
import { until } from '../until.ts'
import { UP_UNIT } from '../world/world.ts'
import {
  abort,
  approve,
  comeUp,
  cursor,
  DATA,
  ENDS,
  endOf,
  GATE,
  HIT,
  isHit,
  isOfChange,
  killAll,
  killOne,
  LIMBO_MS,
  look,
  numbered,
  ORDER,
  POSTGRES,
  pause,
  places,
  proposeRestart,
  proposeSite,
  reloads,
  restarts,
  type Seen,
  type Station,
  seen,
  startUp,
  stateOf,
  verifyLedger,
} from './campaign.ts'

export type Scenario = 'nginx apply' | 'nginx undo' | 'restart apply' | 'restart undo'
export type Killed = 'runner' | 'everything' | 'gate' | 'postgres'

export interface Trial {
  readonly scenario: Scenario
  readonly point: string
  readonly killed: Killed
  /** The life that goes on dies too, at this place. */
  readonly again?: string
}

export interface Row extends Trial {
  readonly end: string
  /** From the restart, or from the kill where `up` restarts, to the end. */
  readonly milliseconds: number
  readonly reloads: number
  readonly restarts: number
  readonly faults: readonly string[]
}

let mark = 0

interface Begun {
  readonly id: string
  readonly before: Seen
  readonly wanted: string
  readonly since: string
  /** What the client was told. */
  readonly acknowledged: Promise<boolean>
}

/** Brings a change to the moment of interest, then calls `arm`, then does what sets it going. */
async function begin(s: Station, scenario: Scenario, arm: () => Promise<void>): Promise<Begun> {
  mark += 1
  const wanted = `m${mark}`
  const before = await seen(s)
  const isSite = scenario.startsWith('nginx')
  const isUndo = scenario.endsWith('undo')
  const { id } = isSite
    ? await proposeSite(s, wanted, isUndo ? ['--keep', 'person'] : [])
    : await proposeRestart(s)
  const since = await cursor(s.host)
  if (!isUndo) {
    await arm()
    const acknowledged = approve(s, id).then(({ code }) => code === 0)
    return { id, before, wanted, since, acknowledged }
  }
  const approved = await approve(s, id)
  if (approved.code !== 0) throw new Error(`not approved: ${approved.stderr}`)
  const view = await stateOf(s, id, isSite ? ['awaiting_keep'] : ['verifying'])
  if (view.state !== 'awaiting_keep' && view.state !== 'verifying')
    throw new Error(`no undo from ${view.state}: ${JSON.stringify(view.execution)}`)
  await arm()
  return { id, before, wanted, since, acknowledged: abort(s, id) }
}

/** The places that one undisturbed run passes, and how it ends. */
export async function placesOf(s: Station, scenario: Scenario): Promise<readonly string[]> {
  let from = 0
  const begun = await begin(s, scenario, async () => {
    from = (await places(s.host)).length
  })
  const view = await endOf(s, begun.id)
  const faults = await judge(s, scenario, begun, view, {
    acknowledged: await begun.acknowledged,
    isAsked: true,
  })
  if (faults.length > 0) throw new Error(`undisturbed ${scenario}: ${faults.join('; ')}`)
  return numbered((await places(s.host)).slice(from).filter(isOfChange))
}

/** What depends on the moment (an order to stop in the two seconds of a proof) may go by: then it is tried again. */
export async function tryKill(s: Station, trial: Trial): Promise<Row> {
  for (let left = 3; ; left--) {
    const row = await tryOnce(s, trial)
    if (left === 1 || !row.faults.includes(NOT_REACHED)) return row
  }
}
const NOT_REACHED = 'the place was not reached'

async function tryOnce(s: Station, trial: Trial): Promise<Row> {
  const { host } = s
  const { scenario, point, killed } = trial
  await host.exec(['rm', '-f', ORDER, HIT])
  const begun = await begin(s, scenario, () =>
    host.put(ORDER, `${point} ${killed === 'runner' ? 'kill' : 'hold'}`),
  )
  const hit = await until(`${point} to be reached, or an end`, 90_000, async () => {
    for (let i = 0; i < 100; i++) {
      if (isHit(host)) return 'hit'
      await pause(10)
    }
    const view = await look(s, begun.id)
    return view !== undefined && ENDS.includes(view.state) && !isHit(host) ? 'passed' : undefined
  })
  // While the runner stands still the gate can answer its client; what it answered counts.
  const acknowledged = await Promise.race([
    begun.acknowledged,
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 3000)),
  ])
  if (trial.again !== undefined)
    await host.put(ORDER, `${trial.again} ${killed === 'runner' ? 'kill' : 'hold'}`)
  let began = performance.now()
  switch (killed) {
    case 'runner':
      await host.exec(['rm', '-f', HIT])
      break
    case 'everything':
      await killAll(host)
      await host.exec(['rm', '-f', HIT])
      if (trial.again !== undefined) {
        await startUp(host)
        await until(`${trial.again} to be reached`, LIMBO_MS, () => isHit(host) || undefined)
        await killAll(host)
        await host.exec(['rm', '-f', HIT])
      }
      began = performance.now()
      await comeUp(host)
      break
    case 'gate':
      await killOne(host, GATE)
      await host.exec(['rm', '-f', HIT])
      break
    case 'postgres':
      await killOne(host, POSTGRES)
      await host.exec(['rm', '-f', HIT])
      break
  }
  if (trial.again !== undefined && killed === 'runner') {
    await until(`${trial.again} to be reached`, LIMBO_MS, () => isHit(host) || undefined)
    await host.exec(['rm', '-f', HIT])
  }
  // Whoever was not answered asks again; the order is the same order.
  if (scenario.endsWith('undo') && !acknowledged) await abortAgain(s, begun.id)
  const view = await endOf(s, begun.id).catch(async (error: unknown) => {
    const now = await look(s, begun.id)
    const log = await host.exec([
      'sh',
      '-c',
      `tail -n 5 ${DATA}/log/*.log; journalctl -u ${UP_UNIT} -n 20 -o cat`,
    ])
    throw new Error(`${point}, ${killed} killed: in limbo: ${JSON.stringify(now)}\n${log.stdout}`, {
      cause: error,
    })
  })
  const milliseconds = Math.round(performance.now() - began)
  await begun.acknowledged.catch(() => false)
  const faults = await judge(s, scenario, begun, view, { acknowledged, isAsked: !neverWritten(trial) })
  if (hit === 'passed') faults.push(NOT_REACHED)
  return {
    ...trial,
    end: view.execution?.outcome ?? view.state,
    milliseconds,
    reloads: await reloads(host, begun.since),
    restarts: await restarts(host, begun.since),
    faults,
  }
}

/** The wish to stop died before its line: a restart that is proven meanwhile keeps itself, and that is right. */
function neverWritten({ scenario, point }: Trial): boolean {
  return scenario === 'restart undo' && point.startsWith('journal.stopAsked.before')
}

async function abortAgain(s: Station, id: string): Promise<void> {
  await until('the order to stop to be taken, or an end', LIMBO_MS, async () => {
    if (await abort(s, id)) return true
    await pause()
    const view = await look(s, id)
    return view !== undefined && ENDS.includes(view.state) ? true : undefined
  })
}

/** What is wrong with this end, seen from outside. */
async function judge(
  s: Station,
  scenario: Scenario,
  begun: Begun,
  view: ChangeView,
  client: { readonly acknowledged: boolean; readonly isAsked: boolean },
): Promise<string[]> {
  const { host } = s
  const faults: string[] = []
  const expectThat = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault)
  }
  const outcome = view.execution?.outcome ?? view.state
  const isUndo = scenario.endsWith('undo')
  const isSite = scenario.startsWith('nginx')
  const after = await seen(s)
  const isEnded = isSite ? view.state === 'closed' : ENDS.includes(view.state)
  expectThat(isEnded, `${view.state}, not closed: ${JSON.stringify(view.execution?.state)}`)
  if (view.state === 'paused' || view.state === 'stuck')
    expectThat(view.next.length > 0, 'it waits for a person and nobody is told')
  const back = isSite ? 'rolled_back' : 'failed'
  expectThat(!isUndo || !client.isAsked || outcome === back, `undo ended ${outcome}`)
  const isNew = outcome === 'kept' && isSite
  expectThat(
    after.header === (isNew ? begun.wanted : begun.before.header),
    `${outcome}, but the header is ${after.header} (before ${begun.before.header}, wanted ${begun.wanted})`,
  )
  expectThat(
    (after.site !== begun.before.site) === isNew,
    `${outcome}, but the file is ${isNew ? 'old' : 'not as before'}`,
  )
  if (after.beside !== begun.before.beside) {
    const found = await host.exec(['sh', '-c', 'find /etc/nginx/sites-* -printf "%M %U %i %y %p\\n"'])
    faults.push(`left over: ${found.stdout}; ${JSON.stringify(view.execution?.steps)}`)
  }
  const armed = await host.exec(['ls', '-A', `${DATA}/runner/armed`])
  expectThat(!ENDS.includes(view.state) || armed.stdout.trim() === '', `still armed: ${armed.stdout}`)
  const timers = await host.ok(['systemctl', 'list-timers', '--all', '--no-legend', 'sekisho-keeper-*'])
  expectThat(timers.trim() === '', `a timer is left: ${timers}`)
  const [reloaded, restarted] = [await reloads(host, begun.since), await restarts(host, begun.since)]
  if (isSite) {
    expectThat(restarted === 0, `${restarted} restarts of the service`)
    if (isNew) expectThat(reloaded === 1, `${reloaded} reloads for one`)
    // One for the change and one for its undo; a change that was not loaded yet when it went back needs fewer.
    else if (isUndo) expectThat(reloaded === 2, `${reloaded} reloads for a change and its undo`)
    else expectThat(reloaded <= (outcome === 'rolled_back' ? 2 : 0), `${reloaded} reloads and ${outcome}`)
  } else {
    expectThat(reloaded === 0, `${reloaded} reloads of nginx`)
    expectThat(restarted <= 1, `${restarted} restarts for one`)
    if (outcome === 'kept' || outcome === back) expectThat(restarted === 1, `${outcome} without a restart`)
  }
  if (client.acknowledged) {
    const live = view.decisions.some(({ type, live }) => type === 'approve' && live)
    expectThat(live, 'an acknowledged approval is lost')
  }
  const ledger = await verifyLedger(s)
  expectThat(ledger?.sound === true, `the ledger: ${JSON.stringify(ledger)}`)
  return faults
}
