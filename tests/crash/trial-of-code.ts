// Kills while code is staged, deployed and taken back. A trial proposes a commit (killed in its stage, if it says so), proposes it again when the first
// proposal was lost, approves it (killed in its execution, if it says so), and judges the end by programs that know nothing of our journal: PID 1, git,
// sha256sum, curl, ps, find.
import type { ChangeView } from '../../src/contract/change.ts'
import { type CodeStory, codeStory } from '../accept/code-story.ts'
import { commitGreeting, ROOT, says, WORK } from '../accept/notes.ts'
import type { Host } from '../host/host.ts'
import { until } from '../until.ts'
import { ready, UP_UNIT } from '../world/world.ts'
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
  POSTGRES,
  pause,
  RUNNER,
  type Station,
  told,
  verifyLedger,
} from './campaign.ts'

export type Deploy = 'releases' | 'in-place'
export type Killed = 'runner' | 'everything' | 'gate' | 'postgres'

/** Where something dies: at a place of the runner, or so many milliseconds after the beginning. */
export type Moment = { readonly point: string } | { readonly afterMs: number }
export interface Kill {
  readonly at: Moment
  readonly killed: Killed
}
export interface CodeTrial {
  /** Its smoke test fails in production, so that the change goes back by itself. */
  readonly isSick: boolean
  readonly stage?: Kill
  readonly execution?: Kill
}
export interface CodeRow extends CodeTrial {
  readonly end: string
  readonly restarts: number
  readonly smokes: number
  readonly commits: number
  readonly faults: readonly string[]
}

export interface CodeStation extends Station {
  readonly story: CodeStory
  readonly deploy: Deploy
  readonly first: string
}

const UNIT = 'notes.service'
/** Stands on the host and in no room. */
const SICK = '/var/tmp/notes-are-sick'
/** What a stage and its rooms may take to end or to be swept. */
const SWEPT_MS = 180_000
const STAGED_MS = 300_000

export async function codeStation(deploy: Deploy): Promise<CodeStation> {
  const story = await codeStory({
    deploy,
    service: deploy === 'in-place' ? `    data: [{ dir: ${ROOT}/data, format: json }]\n` : '',
  })
  const { host } = story.here
  // Again, with a runner that takes orders to die.
  await withOrders(host)
  return { world: story.here, host, site: '', story, deploy, first: await story.tip() }
}

/** A gate that was started without orders comes up with them. */
export async function withOrders(host: Host): Promise<void> {
  await host.ok(['systemctl', 'stop', UP_UNIT])
  await until('the unit to be forgotten', 30_000, async () => {
    await host.exec(['systemctl', 'reset-failed', UP_UNIT])
    const loaded = await host.ok(['systemctl', 'show', '-p', 'LoadState', '--value', UP_UNIT])
    return loaded.trim() === 'not-found' ? true : undefined
  })
  await comeUp(host)
}

/** What may be killed, at its moment; undefined where the work was over before. */
async function struck(
  s: CodeStation,
  { at, killed }: Kill,
  isOver: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const { host } = s
  if ('point' in at) {
    const isThere = await until(`${at.point} to be reached, or an end`, STAGED_MS, async () => {
      for (let i = 0; i < 50; i++) {
        if (isHit(host)) return 'hit'
        await pause(20)
      }
      return (await isOver()) && !isHit(host) ? 'over' : undefined
    })
    if (isThere === 'over') return false
  } else await pause(at.afterMs)
  switch (killed) {
    case 'runner':
      if (!('point' in at)) await killOne(host, RUNNER)
      await host.exec(['rm', '-f', HIT])
      break
    case 'everything':
      await killAll(host)
      await host.exec(['rm', '-f', HIT])
      await comeUp(host)
      break
    case 'gate':
      await killOne(host, GATE)
      await host.exec(['rm', '-f', HIT])
      break
    case 'postgres':
      await killOne(host, POSTGRES)
      await host.exec(['rm', '-f', HIT])
  }
  await ready(host)
  return true
}

async function order(host: Host, { at, killed }: Kill): Promise<void> {
  await host.exec(['rm', '-f', ORDER, HIT])
  if ('point' in at) await host.put(ORDER, `${at.point} ${killed === 'runner' ? 'kill' : 'hold'}`)
}

/** Everything below the work tree but what git keeps for itself and what the service writes. */
const STATE = {
  releases: `cd -P ${ROOT}/current && find . -printf '%P %y %m %u:%g %l\\n' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum`,
  'in-place': `cd ${ROOT} && find . -path ./.git -prune -o -path ./data -prune -o -printf '%P %y %m %u:%g %l\\n' | sort; find . -path ./.git -prune -o -path ./data -prune -o -type f -print0 | sort -z | xargs -0 sha256sum`,
} as const
const state = ({ host, deploy }: CodeStation) => host.ok(['sh', '-c', STATE[deploy]])

/** What a stage and an execution make and nobody needs when they have ended; each line is one thing that is left. */
const LEFT = `
known=$(cd ${DATA}/runner/code 2>/dev/null && ls | sed -n 's/^\\([0-9a-f]\\{32\\}\\)\\.json$/\\1/p')
ls -A ${DATA}/rooms 2>/dev/null | sed 's/^/room /'
ls -A ${DATA}/runner/clones 2>/dev/null | sed 's/^/clone /'
ls -A ${DATA}/runner/armed 2>/dev/null | sed 's/^/armed /'
ls -A ${DATA}/runner/code 2>/dev/null | grep begun | sed 's/^/begun /'
for one in $(ls -A ${DATA}/code 2>/dev/null | grep -E '^[0-9a-f]{32}$'); do echo "$known" | grep -q "$one" || echo "stage $one"; done
for one in $(ls -A ${ROOT}/releases 2>/dev/null | grep -- -); do echo "$known" | grep -q "^\${one##*-}" || echo "release $one"; done
for one in $(find /srv ${ROOT} -maxdepth 1 -name '.*sekisho*'); do echo "$known" | grep -q "\${one##*-}" || echo "beside $one"; done
own=$(readlink /proc/1/ns/pid | tr -dc 0-9)
find /sys/fs/cgroup /limits -type d -name "sekisho-trial-$own-*" 2>/dev/null | sed 's/^/group /'
ps -eo uid=,pid=,args= | awk '$1 >= 1879048192 { print "process", $0 }'
pgrep -af '(rehearse|bridge) ' | grep -v pgrep | sed 's/^/process /'
grep -E '${DATA}/(rooms|code|runner)|/room-' /proc/[0-9]*/mountinfo 2>/dev/null | sed 's/^/mount /' | head -5
systemctl list-units --all --plain --no-legend 'sekisho-exec-*' 'sekisho-keeper-*' | sed 's/^/unit /'
true`
async function nothingLeft(s: CodeStation): Promise<string[]> {
  let left = ''
  await until('nothing to be left', SWEPT_MS, async () => {
    left = (await s.host.ok(['sh', '-c', LEFT])).trim()
    if (left === '') return true
    await pause(500)
    return undefined
  }).catch(() => {})
  return left === '' ? [] : left.split('\n').map((line) => `left over: ${line}`)
}

/** Commands of the plan that were started, as PID 1 tells it. */
async function smokes(host: Host, since: string): Promise<number> {
  await host.ok(['journalctl', '--sync'])
  const lines = await host.ok(['journalctl', `--after-cursor=${since}`, '--no-pager', '-o', 'cat', '_PID=1'])
  return lines.split('\n').filter((line) => /^Started sekisho-exec-\S+-smoke\.service/.test(line)).length
}

const commits = async ({ story, first }: CodeStation) =>
  Number(await story.git('rev-list', '--count', `${first}..main`))

let mark = 0
async function commitWord(s: CodeStation): Promise<string> {
  mark += 1
  await s.story.reset()
  await s.host.ok(
    [
      'bash',
      '-ec',
      `cd ${WORK}
grep -q existsSync server.js && exit 0
sed -i "1i import { existsSync } from 'node:fs'" server.js
sed -i "s|else response.end(greeting('notes'))|else { if (existsSync('${SICK}')) response.statusCode = 500; response.end(greeting('notes')) }|" server.js`,
    ],
    { user: 'claude' },
  )
  await commitGreeting(s.host, `Word${mark}`)
  return `Word${mark} notes`
}

const PROPOSE = [
  'do',
  'code',
  '--service',
  'notes',
  '--repository',
  WORK,
  '--instruction',
  'Another word',
  '--by',
  'ops1',
  '--impact',
  'the greeting; a restart',
  '--risk',
  'low',
  '--notify',
  'not_needed',
  '--json',
]
interface Proposed {
  readonly code: number
  readonly view?: ChangeView
  readonly said: string
}
async function propose(s: CodeStation): Promise<Proposed> {
  const done = await s.world.sekisho('claude', PROPOSE, { timeoutMs: STAGED_MS })
  const line = done.stdout.trim().split('\n').at(-1) ?? ''
  const view = line.startsWith('{') ? (JSON.parse(line) as ChangeView) : undefined
  return {
    code: done.code,
    said: `${done.stdout}${done.stderr}`,
    ...(view?.id === undefined ? {} : { view }),
  }
}

/** One commit, from its proposal to its end. `onStaged` is called between stage and execution. */
export async function tryCode(
  s: CodeStation,
  trial: CodeTrial,
  onStaged: () => Promise<void> = async () => {},
): Promise<CodeRow> {
  const { host, story } = s
  const faults: string[] = []
  const expectThat = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault)
  }
  await host.exec(['rm', '-f', ORDER, HIT, SICK])
  const wanted = await commitWord(s)
  const before = { says: await says(host), state: await state(s), commits: await commits(s) }
  let proposed: Proposed | undefined
  if (trial.stage !== undefined) {
    await order(host, trial.stage)
    const since = await cursor(host)
    let isOver = false
    const asking = propose(s).finally(() => {
      isOver = true
    })
    const isStruck = await struck(s, trial.stage, () => isOver)
    const first = await asking
    expectThat(isStruck, NOT_REACHED)
    // 70 is a bug; whoever was not answered is told why.
    expectThat(
      first.code !== 70 && first.said.trim() !== '',
      `the proposal ended ${first.code}: ${first.said}`,
    )
    if (first.view?.state === 'awaiting_approval') proposed = first
    faults.push(...(await nothingLeft(s)).map((one) => `${one} (stage)`))
    expectThat((await says(host)) === before.says, 'a stage changed what the service says')
    expectThat((await state(s)) === before.state, 'a stage changed the tree')
    expectThat((await commits(s)) === before.commits, 'a stage made a commit')
    expectThat((await told(host, UNIT, since, 'Started')) === 0, 'a stage restarted the service')
  }
  await host.exec(['rm', '-f', ORDER, HIT])
  proposed ??= await propose(s)
  const { view: ready0 } = proposed
  if (ready0?.state !== 'awaiting_approval')
    throw new Error(
      `not to be approved: ${proposed.code} ${ready0?.state ?? ''} ${proposed.said.slice(-2000)}`,
    )
  const { id } = ready0
  await onStaged()
  if (trial.isSick) await host.put(SICK, '')
  const since = await cursor(host)
  if (trial.execution !== undefined) await order(host, trial.execution)
  const approving = s.world.sekisho('ops1', ['change', 'approve', id, '--yes', '--no-wait', '--json'], {
    timeoutMs: 60_000,
  })
  if (trial.execution !== undefined) {
    const isStruck = await struck(s, trial.execution, async () => {
      const view = await look(s, id)
      return view !== undefined && ENDS.includes(view.state)
    })
    expectThat(isStruck, NOT_REACHED)
  }
  const acknowledged = (await approving).code === 0
  const isApproved = async () =>
    (await look(s, id))?.decisions.some(({ type, live }) => type === 'approve' && live) === true
  await until('the gate to answer', 60_000, async () =>
    (await look(s, id)) === undefined ? undefined : true,
  )
  if (acknowledged) expectThat(await isApproved(), 'an acknowledged approval is lost')
  else if (!(await isApproved())) await story.approve(id)
  const view = await endOf(s, id, 180_000)
  const outcome = view.execution?.outcome ?? view.state
  await host.exec(['rm', '-f', ORDER, HIT, SICK])
  const isKept = outcome === 'kept'
  expectThat(view.state === 'closed', `${view.state}: ${JSON.stringify([view.execution?.state, view.next])}`)
  expectThat(isKept !== trial.isSick, `${trial.isSick ? 'sick' : 'sound'}, and ${outcome}`)
  const isMoved = await until('branch and service to be as the record says', 60_000, async () =>
    (await commits(s)) === before.commits + (isKept ? 1 : 0) &&
    (await says(host)) === (isKept ? wanted : before.says)
      ? true
      : undefined,
  ).catch(() => false)
  const after = { says: await says(host), state: await state(s), commits: await commits(s) }
  expectThat(isMoved, `${outcome}, and ${JSON.stringify([before.commits, after.commits, after.says])}`)
  expectThat(
    (after.state !== before.state) === isKept,
    `${outcome}, and the tree is ${isKept ? 'old' : 'other'}`,
  )
  const restarts = await told(host, UNIT, since, 'Started')
  expectThat(isKept ? restarts === 1 : restarts <= 2, `${restarts} restarts and ${outcome}`)
  const tried = await smokes(host, since)
  expectThat(isKept ? tried === 1 : tried <= 1, `${tried} smoke tests and ${outcome}`)
  expectThat((await host.exec(['systemctl', 'is-active', UNIT])).code === 0, 'the service is not active')
  faults.push(...(await nothingLeft(s)))
  const ledger = await verifyLedger(s)
  expectThat(ledger?.sound === true, `the ledger: ${JSON.stringify(ledger)}`)
  return { ...trial, end: outcome, restarts, smokes: tried, commits: after.commits - before.commits, faults }
}
export const NOT_REACHED = 'the place was not reached'
