// Kills while code is staged, deployed and taken back, by itself or by `change rollback` of what was kept. A trial proposes a commit (killed in its stage, if it says so), proposes it again when the first
// proposal was lost, approves it (killed in its execution, if it says so), and judges the end by programs that know nothing of our journal: PID 1, git,
// sha256sum, curl, ps, find.
import type { ChangeView } from '../../src/contract/change.ts'
import type { Host } from '../host/host.ts'
import { until } from '../until.ts'
import { ready, UP_UNIT, type Who, type World } from '../world/world.ts'
import {
  comeUp,
  cursor,
  DATA,
  ENDS,
  endOf,
  GATE,
  HIT,
  isHit,
  killAll,
  killOne,
  look,
  ORDER,
  pause,
  RUNNER,
  type Station,
  told,
  verifyLedger,
} from './campaign.ts'

/** Where something dies: at a place of the runner, or so many milliseconds after the beginning. */
type Moment = { readonly point: string } | { readonly afterMs: number }
export interface Kill {
  readonly at: Moment
  /** One of `EVERYWHERE`, or of what the service has besides. */
  readonly killed: string
}
export interface CodeTrial {
  /** Its smoke test fails in production, so that the change goes back by itself. */
  readonly isSick: boolean
  readonly stage?: Kill
  /** One after the other. A place is counted from the kill before it. */
  readonly execution?: readonly Kill[]
  /** What was kept is taken back then, by a change of its own that is killed. Without a moment it is not. */
  readonly back?: Kill | 'unhurt'
}
export interface CodeRow extends CodeTrial {
  readonly end: string
  readonly restarts: number
  readonly smokes: number
  readonly commits: number
  /** How many of the kills of the execution there were. */
  readonly reached: number
  readonly faults: readonly string[]
}

/** A service whose code is changed, as it is seen from outside. */
export interface Deployed {
  readonly world: World
  readonly unit: string
  readonly root: string
  /** While this file is there the service answers with an error; it stands on the host and in no room. */
  readonly sick: string
  /** Makes a commit on top of what is deployed, and answers what the service says when it runs. */
  commit(): Promise<string>
  readonly proposal: { readonly who: Who; readonly argv: readonly string[] }
  says(): Promise<string>
  /** Everything that a change which goes back must leave as it was. */
  picture(): Promise<string>
  /** Of production's branch, counted from its beginning. */
  commits(): Promise<number>
  /** What else is wrong when a change has ended. */
  faults(isKept: boolean, since: string): Promise<readonly string[]>
  /** What else can die. After these an end in either way is right. */
  readonly strikes?: Readonly<Record<string, () => Promise<void>>>
}

export const EVERYWHERE: readonly string[] = ['runner', 'everything', 'gate', 'postgres']
/** With these the runner dies, and passes again what it has passed: no place behind it can be counted. */
export const WITH_RUNNER: readonly string[] = ['runner', 'everything', 'reboot']
/** Of the gate: the service may have one of its own. */
const STORE = `bin/postgres -D ${DATA}/`
/** What a stage and its rooms may take to end or to be swept. */
const SWEPT_MS = 180_000
const STAGED_MS = 300_000

/** A gate that was started without orders to die comes up with them. */
export async function withOrders(host: Host): Promise<void> {
  await host.ok(['systemctl', 'stop', UP_UNIT])
  await until('the unit to be forgotten', 30_000, async () => {
    await host.exec(['systemctl', 'reset-failed', UP_UNIT])
    const loaded = await host.ok(['systemctl', 'show', '-p', 'LoadState', '--value', UP_UNIT])
    return loaded.trim() === 'not-found' ? true : undefined
  })
  await comeUp(host)
}

export const stationOf = (d: Deployed): Station => ({ world: d.world, host: d.world.host, site: '' })

/** Kills at the moment; false where the work was over before. `then`: ordered before anything goes on. */
export async function struck(
  d: Pick<Deployed, 'world' | 'strikes'>,
  { at, killed }: Kill,
  isOver: () => boolean | Promise<boolean>,
  then?: Kill,
): Promise<boolean> {
  const { host } = d.world
  if ('point' in at) {
    const isThere = await until(`${at.point} to be reached, or an end`, STAGED_MS, async () => {
      const wasOver = await isOver()
      // The last lines of the runner stand behind the end that the gate tells.
      const looks = wasOver ? 250 : 50
      for (let i = 0; i < looks; i++) {
        if (isHit(host)) return 'hit'
        await pause(20)
      }
      return wasOver ? 'over' : undefined
    })
    if (isThere === 'over') return false
  } else await pause(at.afterMs)
  if (then !== undefined) await put(host, then)
  switch (killed) {
    case 'runner':
      await killOne(host, RUNNER)
      break
    case 'everything':
      await killAll(host)
      await host.exec(['rm', '-f', HIT])
      await comeUp(host)
      break
    case 'gate':
      await killOne(host, GATE)
      break
    case 'postgres':
      await killOne(host, STORE)
      break
    default: {
      const strike = d.strikes?.[killed]
      if (strike === undefined) throw new TypeError(`nothing here is called ${killed}`)
      await strike()
    }
  }
  await host.exec(['rm', '-f', HIT])
  await ready(host)
  return true
}

export async function order(host: Host, kill: Kill): Promise<void> {
  await host.exec(['rm', '-f', ORDER, HIT])
  await put(host, kill)
}
/** The same place twice is two orders: the runner counts anew when their text is another one. */
async function put(host: Host, { at }: Kill): Promise<void> {
  if ('point' in at) await host.put(ORDER, `${at.point} hold ${performance.now()}`)
}

/** What a stage and an execution make and nobody needs when they have ended; each line is one thing that is left. */
const leftScript = (root: string) => `
known=$(cd ${DATA}/runner/code 2>/dev/null && ls | sed -n 's/^\\([0-9a-f]\\{32\\}\\)\\.json$/\\1/p')
ls -A ${DATA}/rooms 2>/dev/null | sed 's/^/room /'
ls -A ${DATA}/runner/clones 2>/dev/null | sed 's/^/clone /'
ls -A ${DATA}/runner/armed 2>/dev/null | sed 's/^/armed /'
ls -A ${DATA}/runner/code 2>/dev/null | grep begun | sed 's/^/begun /'
for one in $(ls -A ${DATA}/code 2>/dev/null | grep -E '^[0-9a-f]{32}$'); do echo "$known" | grep -q "$one" || echo "stage $one"; done
for one in $(ls -A ${root}/releases 2>/dev/null | grep -- -); do echo "$known" | grep -q "^\${one##*-}" || echo "release $one"; done
for one in $(find /srv ${root} -maxdepth 1 -name '.*sekisho*'); do own=\${one%.original}; echo "$known" | grep -q "\${own##*-}" || echo "beside $one"; done
own=$(readlink /proc/1/ns/pid | tr -dc 0-9)
find /sys/fs/cgroup /limits -type d -name "sekisho-trial-$own-*" 2>/dev/null | sed 's/^/group /'
ps -eo uid=,pid=,args= | awk '$1 >= 1879048192 { print "process", $0 }'
pgrep -af '(rehearse|bridge) ' | grep -v pgrep | sed 's/^/process /'
grep -E '${DATA}/(rooms|code|runner)|/room-' /proc/[0-9]*/mountinfo 2>/dev/null | sed 's/^/mount /' | head -5
systemctl list-units --all --plain --no-legend 'sekisho-exec-*' 'sekisho-keeper-*' | sed 's/^/unit /'
true`
export async function nothingLeft({ world, root }: Pick<Deployed, 'world' | 'root'>): Promise<string[]> {
  let left = ''
  await until('nothing to be left', SWEPT_MS, async () => {
    left = (await world.host.ok(['sh', '-c', leftScript(root)])).trim()
    if (left === '') return true
    await pause(500)
    return undefined
  }).catch(() => {})
  return left === '' ? [] : left.split('\n').map((line) => `left over: ${line}`)
}

/** Smoke tests that were started, as PID 1 tells it: maintenance is turned by units of the same name. */
async function smokes(host: Host, since: string): Promise<number> {
  await host.ok(['journalctl', '--sync'])
  const lines = await host.ok(['journalctl', `--after-cursor=${since}`, '--no-pager', '-o', 'cat', '_PID=1'])
  return lines
    .split('\n')
    .filter((line) => /^Started sekisho-exec-\S+-smoke\.service - .*\bnode -e /.test(line)).length
}

/** How often it was started by somebody: what PID 1 starts again by itself when its database is away does not count. */
async function restartsOf({ world: { host }, unit }: Deployed, since: string): Promise<number> {
  const started = await told(host, unit, since, 'Started')
  const said = await host.ok(['journalctl', `--after-cursor=${since}`, '--no-pager', '-o', 'cat', '_PID=1'])
  return started - said.split('\n').filter((line) => line.startsWith(`${unit}: Scheduled restart job`)).length
}

interface Proposed {
  readonly code: number
  readonly view?: ChangeView
  readonly said: string
}
async function propose(
  { world, proposal }: Deployed,
  { who, argv }: Deployed['proposal'] = proposal,
): Promise<Proposed> {
  const done = await world.sekisho(who, [...argv, '--json'], { timeoutMs: STAGED_MS })
  const line = done.stdout.trim().split('\n').at(-1) ?? ''
  const view = line.startsWith('{') ? (JSON.parse(line) as ChangeView) : undefined
  return {
    code: done.code,
    said: `${done.stdout}${done.stderr}`,
    ...(view?.id === undefined ? {} : { view }),
  }
}

/** One commit, from its proposal to its end. `onStaged` is called before each execution. */
export async function tryCode(
  d: Deployed,
  trial: CodeTrial,
  onStaged: () => Promise<void> = async () => {},
): Promise<CodeRow> {
  const { host } = d.world
  const faults: string[] = []
  await host.exec(['rm', '-f', ORDER, HIT, d.sick])
  const wanted = await d.commit()
  const before = await seenOf(d)
  const proposed =
    (trial.stage === undefined ? undefined : await stagedUnder(d, trial.stage, before, faults)) ??
    (await propose(d))
  const there = await carryOut(d, proposed, trial, before, { says: wanted, by: 1 }, faults, onStaged)
  if (trial.back === undefined || there.outcome !== 'kept') return { ...trial, ...rowOf(there), faults }
  const taken = {
    who: 'ops1' as const,
    argv: ['change', 'rollback', there.id, '--instruction', 'Take it back', '--notify', 'not_needed'],
  }
  const how = { isSick: false, ...(trial.back === 'unhurt' ? {} : { execution: [trial.back] }) }
  const now = await seenOf(d)
  const back = await carryOut(
    d,
    await propose(d, taken),
    how,
    now,
    { says: before.says, by: before.commits - now.commits },
    faults,
    onStaged,
  )
  if (back.outcome === 'kept' && back.after.picture !== before.picture)
    faults.push(`taken back, and not as before: ${before.picture} ${back.after.picture}`)
  return { ...trial, ...rowOf(back), end: `${there.outcome}, taken back: ${back.outcome}`, faults }
}

interface SeenOf {
  readonly says: string
  readonly picture: string
  readonly commits: number
}
async function seenOf(d: Deployed): Promise<SeenOf> {
  return { says: await d.says(), picture: await d.picture(), commits: await d.commits() }
}

/** Killed in its stage: nothing of it is left, and nothing changed. What was proposed, where it came through. */
async function stagedUnder(
  d: Deployed,
  kill: Kill,
  before: SeenOf,
  faults: string[],
): Promise<Proposed | undefined> {
  const { host } = d.world
  const expectThat = expecting(faults)
  await order(host, kill)
  const since = await cursor(host)
  let isOver = false
  const asking = propose(d).finally(() => {
    isOver = true
  })
  expectThat(await struck(d, kill, () => isOver), NOT_REACHED)
  const first = await asking
  const isBooted = kill.killed === 'reboot'
  // 70 is a bug; whoever was not answered is told why. The command itself runs on the machine that dies.
  expectThat(
    isBooted || (first.code !== 70 && first.said.trim() !== ''),
    `the proposal ended ${first.code}: ${first.said}`,
  )
  faults.push(...(await nothingLeft(d)).map((one) => `${one} (stage)`))
  expectThat((await d.says()) === before.says, 'a stage changed what the service says')
  expectThat((await d.picture()) === before.picture, 'a stage changed something')
  expectThat((await d.commits()) === before.commits, 'a stage made a commit')
  expectThat(isBooted || (await restartsOf(d, since)) === 0, 'a stage restarted the service')
  await host.exec(['rm', '-f', ORDER, HIT])
  return first.view?.state === 'awaiting_approval' ? first : undefined
}

interface Carried {
  readonly id: string
  readonly outcome: string
  readonly restarts: number
  readonly smokes: number
  readonly commits: number
  readonly reached: number
  readonly after: SeenOf
}
const rowOf = ({ outcome, restarts, smokes: tried, commits, reached }: Carried) => ({
  end: outcome,
  restarts,
  smokes: tried,
  commits,
  reached,
})
const expecting = (faults: string[]) => (holds: boolean, fault: string) => {
  if (!holds) faults.push(fault)
}

/** Approved, killed where the trial says so, and judged when it has ended. `by`: how many commits the branch goes on when it is kept. */
async function carryOut(
  d: Deployed,
  { view: sealed, code, said }: Proposed,
  { isSick, execution: kills = [] }: Pick<CodeTrial, 'isSick' | 'execution'>,
  before: SeenOf,
  wanted: { readonly says: string; readonly by: number },
  faults: string[],
  onStaged: () => Promise<void>,
): Promise<Carried> {
  const { host } = d.world
  const s = stationOf(d)
  const expectThat = expecting(faults)
  if (sealed?.state !== 'awaiting_approval')
    throw new Error(`not to be approved: ${code} ${sealed?.state ?? ''} ${said.slice(-2000)}`)
  const { id } = sealed
  await onStaged()
  if (isSick) await host.put(d.sick, '')
  const since = await cursor(host)
  const [first] = kills
  if (first !== undefined) await order(host, first)
  const approve = () =>
    d.world.sekisho('ops1', ['change', 'approve', id, '--yes', '--no-wait', '--json'], { timeoutMs: 60_000 })
  let refusal: string | undefined
  const approving = approve().then((answer) => {
    if (answer.code !== 0) refusal = `${answer.code} ${answer.stdout}${answer.stderr}`.slice(0, 2000)
    return answer
  })
  const isOver = async () => {
    const view = await look(s, id)
    return view !== undefined && ENDS.includes(view.state)
  }
  let reached = 0
  for (const [i, kill] of kills.entries()) {
    // Until something is killed, an approval that was refused reaches no place.
    const isInVain = i === 0 ? async () => refusal !== undefined || isOver() : isOver
    if (!(await struck(d, kill, isInVain, kills[i + 1]))) break
    reached = i + 1
  }
  const done = kills.slice(0, reached)
  // After one that may end the change no later place has to be there.
  const whyNot =
    reached === 0 && refusal !== undefined ? `${NOT_REACHED}, approve said ${refusal}` : NOT_REACHED
  expectThat(reached === kills.length || done.some(mayEnd), whyNot)
  const isAcknowledged = (await approving).code === 0
  const shown = await until('the gate to answer', 60_000, () => look(s, id))
  const isApproved = shown.decisions.some(({ type, live }) => type === 'approve' && live)
  if (isAcknowledged) expectThat(isApproved, 'an acknowledged approval is lost')
  else if (!isApproved) await approve()
  const view = await endOf(s, id, 240_000)
  const outcome = view.execution?.outcome ?? view.state
  await host.exec(['rm', '-f', ORDER, HIT, d.sick])
  const isKept = outcome === 'kept'
  expectThat(view.state === 'closed', `${view.state}: ${JSON.stringify([view.execution?.state, view.next])}`)
  // Where the service's own database or the whole machine dies before the first action, nothing is begun.
  const isOtherEnd =
    (done.some(mayEnd) && outcome === 'rolled_back') || (done.some(isStrike) && outcome === 'nothing_done')
  expectThat(isSick ? !isKept : isKept || isOtherEnd, `${isSick ? 'sick' : 'sound'}, and ${outcome}`)
  const isMoved = await until('branch and service to be as the record says', 120_000, async () =>
    (await d.commits()) === before.commits + (isKept ? wanted.by : 0) &&
    (await d.says()) === (isKept ? wanted.says : before.says)
      ? true
      : undefined,
  ).catch(() => false)
  const after = await seenOf(d)
  expectThat(isMoved, `${outcome}, and ${JSON.stringify([before.commits, after.commits, after.says])}`)
  expectThat(
    (after.picture !== before.picture) === isKept,
    `${outcome}, and ${isKept ? 'all is as before' : `not as before: ${before.picture} ${after.picture}`}`,
  )
  const isBooted = done.some(({ killed }) => killed === 'reboot')
  const restarts = await restartsOf(d, since)
  expectThat(isBooted || (isKept ? restarts === 1 : restarts <= 2), `${restarts} restarts and ${outcome}`)
  const tried = await smokes(host, since)
  expectThat(isKept ? tried === 1 : tried <= 1, `${tried} smoke tests and ${outcome}`)
  expectThat((await host.exec(['systemctl', 'is-active', d.unit])).code === 0, 'the service is not active')
  faults.push(...(await d.faults(isKept, since)), ...(await nothingLeft(d)))
  const ledger = await verifyLedger(s)
  expectThat(ledger?.sound === true, `the ledger: ${JSON.stringify(ledger)}`)
  return { id, outcome, restarts, smokes: tried, commits: after.commits - before.commits, reached, after }
}
const isStrike = ({ killed }: Kill) => !EVERYWHERE.includes(killed)
/** Of several paths some new and some old go back, and so does what was cut off in another way than ours. */
const mayEnd = (kill: Kill) =>
  isStrike(kill) || !('point' in kill.at) || kill.at.point.startsWith('exchange.')
const NOT_REACHED = 'the place was not reached'
