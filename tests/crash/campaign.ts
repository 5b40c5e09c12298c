// The campaign's station: a host with the whole gate in it, one change driven through, a kill at a named place, and what is seen afterwards
// by programs that know nothing of the journal (sha256sum, stat, curl, journalctl, strace).
import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { ChangeView } from '../../src/contract/change.ts'
import { environment } from '../../src/sys/config.ts'
import { SITE } from '../host/faults.ts'
import { CA_PATH, type Host, hosts, MIRAI_UNIT, type Outcome, SEKISHO } from '../host/host.ts'
import { miraiPolicy } from '../host/mirai.ts'
import { until } from '../until.ts'
import { enter, ready, UP_UNIT, type World } from '../world/world.ts'

export const SERVICE = 'mirai-knowledge-system'
export const DATA = '/var/lib/sekisho'
export const RULES = '/etc/sekisho/sekisho.yaml'
const TOKENS = '/home/ops1/.config/sekisho/tokens.json'
export const ORDER = '/run/sekisho-kill'
export const HIT = `${ORDER}.hit`
export const TRACE = '/run/sekisho-places'
/** F1: nothing may hang longer than this after a restart without a person's task. */
export const LIMBO_MS = 60_000

export interface Station {
  readonly world: World
  readonly host: Host
  /** The site as it was before the campaign. */
  readonly site: string
}

/** So many hosts with the gate up, each of which can be told where its runner dies. */
export async function stations(count: number, keep = '5m'): Promise<readonly Station[]> {
  return await Promise.all((await hosts(count)).map((host) => station(host, keep)))
}

async function station(host: Host, keep: string): Promise<Station> {
  await host.ok(['install', '-d', '-m', '750', '/etc/sekisho'])
  const rules = await miraiPolicy(host)
  const kept = rules.replace(/^policy:\n/m, `policy:\n  keep: ${keep}\n`)
  if (kept === rules) throw new Error('the example has no policy to say the time of keeping in')
  await host.put(RULES, kept, 0o640)
  await comeUp(host)
  const world = await enter(host)
  // The first head is signed now, so that the ledger can be verified from the beginning.
  await world.json('ops1', ['ledger', 'checkpoint'])
  return { host, world, site: (await host.read(SITE)).toString() }
}

/** As world.ts starts it, with a runner that takes orders to die. */
export async function comeUp(host: Host): Promise<void> {
  await startUp(host)
  await ready(host)
}

/** Does not wait until it answers: it may be meant to die on its way. */
export async function startUp(host: Host): Promise<void> {
  await host.exec(['systemctl', 'reset-failed', UP_UNIT])
  await host.ok([
    'systemd-run',
    `--unit=${UP_UNIT}`,
    '--service-type=exec',
    '--property=KillMode=mixed',
    '--property=TimeoutStopSec=30',
    '--setenv=SEKISHO_TESTS=1',
    `--setenv=SEKISHO_KILL_ORDER=${ORDER}`,
    `--setenv=SEKISHO_KILL_TRACE=${TRACE}`,
    SEKISHO,
    'up',
  ])
}

/** After a trial that broke: the gate up, and its change ended, so that the next one is not judged for it. */
export async function mend(s: Station): Promise<void> {
  await s.host.exec(['rm', '-f', ORDER, HIT])
  const { stdout } = await s.host.exec(['systemctl', 'is-active', UP_UNIT])
  if (stdout.trim() !== 'active') await comeUp(s.host)
  const last = (await ask<{ changes: readonly ChangeView[] }>(s, '/changes?limit=1'))?.changes[0]
  if (last === undefined || isAtRest(last)) return
  await abort(s, last.id)
  await until(`${last.id} to be taken back`, LIMBO_MS, async () => {
    await pause()
    const view = await look(s, last.id)
    return view !== undefined && isAtRest(view) ? true : undefined
  })
}

/** SIGKILL to runner, gate, PostgreSQL and `up` at once; nothing of them is left when this returns. */
export async function killAll(host: Host): Promise<void> {
  await host.ok(['systemctl', 'kill', '--kill-whom=all', '--signal=SIGKILL', UP_UNIT])
  await until('everything to be dead', 20_000, async () => {
    const { stdout } = await host.exec(['systemctl', 'is-active', UP_UNIT])
    return /^(failed|inactive)/.test(stdout) ? true : undefined
  })
}

/** SIGKILL to the first process whose command line fits. One that was killed before is started again after up to 10 s: it is waited for. */
export async function killOne(host: Host, pattern: string): Promise<void> {
  await until(`${pattern} to be there`, 30_000, async () => {
    const { code } = await host.exec(['pkill', '-KILL', '-o', '-f', pattern])
    return code === 0 || undefined
  })
}
/** Patterns of pgrep, which fit a part of either kind: the bundle, or the sources. */
export const GATE = '(serve\\.ts|server\\.mjs) gate '
export const POSTGRES = 'bin/postgres -D '
export const RUNNER = '(runner/main\\.ts|runner\\.mjs) --data '
export const WATCH = '(watch/main\\.ts|watch\\.mjs) '

/** Looked at from the machine: a process in the host for every look would be most of the load. */
export const isHit = (host: Host) => existsSync(`/proc/${host.pid}/root${HIT}`)

/** Names of the places passed so far. */
export async function places(host: Host): Promise<readonly string[]> {
  const text = await readFile(`/proc/${host.pid}/root${TRACE}`, 'utf8').catch(() => '')
  return text.split('\n').filter((name) => name !== '')
}

/** The journal's heartbeat comes when it will, and has its own test; so does what somebody reads meanwhile. */
export const isOfChange = (name: string) => !/^journal\.(checkpoint|clock|runner|read)\./.test(name)

/** `name#n` for each place of a list, counted from its beginning. */
export function numbered(names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>()
  return names.map((name) => {
    seen.set(name, (seen.get(name) ?? 0) + 1)
    return `${name}#${seen.get(name)}`
  })
}

/** The gate's answer at its HTTP door, with the agent's token; undefined while nobody answers. */
async function ask<T>(
  s: Station,
  path: string,
  method = 'GET',
  token = s.world.token,
  body: object = {},
): Promise<T | undefined> {
  const url = `http://127.0.0.1:7440/api/v1${path}`
  const auth = `Authorization: Bearer ${token}`
  const sent = method === 'POST' ? ['-H', 'Content-Type: application/json', '-d', JSON.stringify(body)] : []
  const { code, stdout } = await s.host.exec(['curl', '-sf', '--max-time', '20', '-H', auth, ...sent, url])
  return code === 0 ? (JSON.parse(stdout) as T) : undefined
}
export const look = (s: Station, id: string) => ask<ChangeView>(s, `/changes/${id}`)
/** A person's own order, at once: the command line would come when a short proof is over. */
export const abort = async (s: Station, id: string): Promise<boolean> =>
  (await askAsOwner(s, `/changes/${id}/abort`)) !== undefined
/** One call at the door; undefined where it was not answered well. */
export async function askAsOwner<T>(s: Station, path: string, body: object = {}): Promise<T | undefined> {
  const [token] = Object.values(JSON.parse((await s.host.read(TOKENS)).toString()) as Record<string, string>)
  return ask(s, path, 'POST', token, body)
}
/** A runner that died last comes up yet: until then nothing is compared with what it signed. */
export async function verifyLedger(s: Station): Promise<{ sound?: boolean; why?: string } | undefined> {
  const verify = () => ask<{ sound?: boolean; why?: string }>(s, '/ledger/verify', 'POST')
  return until('the ledger to be compared', 60_000, async () => {
    const verdict = await verify()
    return verdict?.why === 'runner.unreachable' ? undefined : verdict
  }).catch(verify)
}

const BETWEEN_LOOKS_MS = 300
export const pause = (ms = BETWEEN_LOOKS_MS) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** A restart that was stopped has no way back: it ends as `failed`, which a person sees until the service is kept again. */
export const ENDS: readonly string[] = ['closed', 'failed']
const isAtRest = ({ state }: ChangeView) =>
  [...ENDS, 'void', 'blocked', 'rejected', 'expired'].includes(state)
export const IS_OVER: readonly string[] = [
  ...ENDS,
  'paused',
  'stuck',
  'void',
  'blocked',
  'rejected',
  'expired',
]

/** Asks until the change has an end or waits for a person; a gate that is coming up is asked again. */
export async function endOf(s: Station, id: string, limitMs = LIMBO_MS): Promise<ChangeView> {
  return await until(`an end of ${id}`, limitMs, async () => {
    await pause()
    const view = await look(s, id)
    return view?.state !== undefined && IS_OVER.includes(view.state) ? view : undefined
  })
}

export async function stateOf(s: Station, id: string, states: readonly string[]): Promise<ChangeView> {
  return await until(`${id} to be ${states.join(' or ')}`, LIMBO_MS, async () => {
    await pause()
    const view = await look(s, id)
    return view?.state !== undefined && [...states, ...IS_OVER].includes(view.state) ? view : undefined
  })
}

const made = (view: ChangeView & { exit: number }): ChangeView => {
  if (view.state !== 'awaiting_approval')
    throw new Error(`not to be approved: ${view.state} ${JSON.stringify(view.checks)}`)
  return view
}

/** The site with an answer header of its own. */
export const proposeSite = (s: Station, mark: string, more: readonly string[] = []): Promise<ChangeView> =>
  proposeText(s, candidate(s, mark), more)
export async function proposeText(
  s: Station,
  text: string,
  more: readonly string[] = [],
): Promise<ChangeView> {
  await s.host.put('/tmp/candidate', text, 0o644)
  const wish = ['do', 'config', '--service', SERVICE, '--file', `${SITE}=/tmp/candidate`]
  return made(
    await s.world.json<ChangeView & { exit: number }>('ops1', [
      ...wish,
      '--instruction',
      '見出しを足す',
      ...more,
    ]),
  )
}
export function candidate(s: Station, mark: string): string {
  const at = s.site.indexOf('\n', s.site.indexOf('server_name '))
  return `${s.site.slice(0, at)}\n    add_header X-Campaign ${mark} always;${s.site.slice(at)}`
}
export async function proposeRestart(s: Station): Promise<ChangeView> {
  const wish = ['do', 'service', '--service', SERVICE, '--verb', 'restart', '--no-wait']
  return made(await s.world.json<ChangeView & { exit: number }>('ops1', [...wish, '--instruction', '再起動']))
}

export const approve = (s: Station, id: string): Promise<Outcome> =>
  s.world.sekisho('ops1', ['change', 'approve', id, '--yes', '--no-wait', '--json'], { timeoutMs: 30_000 })

export interface Seen {
  /** sha256sum and stat of the site. */
  readonly site: string
  readonly header: string
  readonly beside: string
}

export async function seen(s: Station): Promise<Seen> {
  const site = await s.host.ok(['sh', '-c', `sha256sum < ${SITE}; stat -c '%a %u %g' ${SITE}`])
  const answer = await s.host.exec([
    'curl',
    '-sI',
    '--max-time',
    '5',
    '--cacert',
    CA_PATH,
    'https://localhost/health',
  ])
  const beside = await s.host.ok(['ls', '-A', '/etc/nginx/sites-available', '/etc/nginx/sites-enabled'])
  return { site, header: /^x-campaign: (\S+)/im.exec(answer.stdout)?.[1] ?? '', beside }
}

/** Where the host's own journal stands. */
export async function cursor(host: Host): Promise<string> {
  await host.ok(['journalctl', '--sync'])
  const said = await host.ok(['journalctl', '-n', '0', '--show-cursor', '--no-pager'])
  const found = /cursor: (\S+)/.exec(said)?.[1]
  if (found === undefined) throw new Error(`journalctl gave no cursor: ${said}`)
  return found
}

/** What PID 1 wrote of a unit since: the count that the runner's journal has no part in. */
export async function told(
  host: Host,
  unit: string,
  since: string,
  word: 'Reloaded' | 'Started',
): Promise<number> {
  await host.ok(['journalctl', '--sync'])
  const lines = await host.ok([
    'journalctl',
    `--after-cursor=${since}`,
    '--no-pager',
    '-o',
    'cat',
    '_PID=1',
    `UNIT=${unit}`,
  ])
  return lines.split('\n').filter((line) => line.startsWith(`${word} ${unit}`)).length
}
export const restarts = (host: Host, since: string) => told(host, MIRAI_UNIT, since, 'Started')
export const reloads = (host: Host, since: string) => told(host, 'nginx.service', since, 'Reloaded')

/** The same seed gives the same fifth and the same order. */
export function seeded(): { readonly seed: number; next(): number } {
  const seed = Number(environment['SEKISHO_SEED'] ?? randomInt(1, 2 ** 31))
  let state = seed
  return {
    seed,
    next() {
      state = (state + 0x6d2b79f5) | 0
      let x = Math.imul(state ^ (state >>> 15), 1 | state)
      x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
      return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
    },
  }
}
