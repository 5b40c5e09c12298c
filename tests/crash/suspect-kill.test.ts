// Runner, gate, sekisho-watch or PostgreSQL is killed at each place of an incident whose suspect is taken back, on a real host: while it is opened and its
// evidence is sealed, while the way back is proposed, and from its approval to the recovery. Places are those of the runner, and each transaction of the
// gate that writes an entry about incident or change, held before it commits. By turns: four seeds kill each at each. The end is counted by nginx's
// reloads as PID 1 tells them, sha256sum, curl, and the rows of the ledger.
import { beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import type { IncidentView } from '../../src/contract/incident.ts'
import { describeWith } from '../host/describe.ts'
import { CA_PATH } from '../host/host.ts'
import { until } from '../until.ts'
import {
  approve,
  askAsOwner,
  candidate,
  cursor,
  DATA,
  endOf,
  GATE,
  IS_OVER,
  isOfChange,
  killOne,
  look,
  numbered,
  POSTGRES,
  places,
  proposeText,
  RUNNER,
  reloads,
  restarts,
  SERVICE,
  type Station,
  seeded,
  seen,
  stations,
  WATCH,
} from './campaign.ts'
import { entriesAfter, entriesOf, holdAt, isHeldAt, lastEntry, letGo, withHolds } from './ledger-hold.ts'
import { IS_WHOLE } from './share.ts'

const VICTIMS = { runner: RUNNER, gate: GATE, watch: WATCH, postgres: POSTGRES } as const
type Victim = keyof typeof VICTIMS
const STEPS = ['open', 'propose', 'take back'] as const
type Step = (typeof STEPS)[number]
interface Kill {
  readonly step: Step
  readonly point: string
  readonly victim: Victim
}
/** Of one incident: in each step at most one. */
type Kills = Readonly<Partial<Record<Step, Kill>>>
const nameOf = ({ step, point, victim }: Kill) => `${step}: ${victim} at ${point}`
const HOSTS = IS_WHOLE ? 2 : 1
/** While this file is there the suspect answers 503. */
const BUSY = '/run/busy'
const SOON = 120_000
const END_MS = 240_000
/** Facts are read, and bytes handed in, when they are due. */
const isOfIncident = (name: string) => isOfChange(name) && !/^journal\.(stored|statement)\./.test(name)

describeWith('host', 'a suspect that is taken back while parts are killed', () => {
  const random = seeded()
  let all: readonly Station[]
  beforeAll(async () => {
    all = await stations(HOSTS)
    for (const { host } of all) await withHolds(host)
  }, 300_000)

  /** Kills at the place while `work` is done, which asks until it has what it asks for. */
  async function killed<T>(s: Station, kill: Kill | undefined, work: () => Promise<T>): Promise<T> {
    if (kill === undefined) return work()
    const { host } = s
    await holdAt(host, kill.point)
    let isOver = false
    const working = work().finally(() => {
      isOver = true
    })
    working.catch(() => {}) // Told below.
    try {
      await until(`${nameOf(kill)}: the place to be reached`, END_MS, async () => {
        if (await isHeldAt(host, kill.point)) return true
        if (isOver) await working
        expect(isOver, `${nameOf(kill)}: the place was not reached`).toBe(false)
        return undefined
      })
      await killOne(host, VICTIMS[kill.victim])
    } finally {
      await letGo(host, kill.point)
    }
    return working
  }

  /** Undefined while nobody answers. */
  async function answered<T>({ world }: Station, argv: readonly string[]): Promise<T | undefined> {
    const answer = await world.json<T>('ops1', argv).catch(() => undefined)
    // 3: it was answered, and a person has to do the next step.
    return answer?.exit === 0 || answer?.exit === 3 ? answer : undefined
  }
  const incidents = async (s: Station) =>
    (await answered<{ incidents: readonly { id: string }[] }>(s, ['incident', 'list']))?.incidents
  const answers = async ({ host }: Station) =>
    (
      await host.exec([
        'curl',
        '-s',
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        '--max-time',
        '10',
        '--cacert',
        CA_PATH,
        'https://localhost/health',
      ])
    ).stdout
  /** Sealed items whose bytes sha256sum finds otherwise. */
  async function otherBytes({ host }: Station, { id, evidence }: IncidentView): Promise<readonly string[]> {
    const sums = await host.ok(['sh', '-c', `cd ${DATA}/runner/evidence/${id} && sha256sum E*`])
    const found = new Map(sums.split('\n').map((line) => [line.split('  ')[1], line.split('  ')[0]]))
    const items = evidence.flatMap((set) => set.items)
    expect(items.length).toBeGreaterThan(0)
    return items.flatMap(({ item, digest }) => (found.get(item) === digest ? [] : [item]))
  }

  let mark = 0
  /** A change that was good when it was proven, and answers 503 now. */
  async function suspect(s: Station): Promise<string> {
    mark += 1
    const line = `if (-f ${BUSY}) { return 503; }`
    const text = candidate(s, `m${mark}`).replace(
      'add_header X-Campaign',
      `${line}\n    add_header X-Campaign`,
    )
    const { id } = await proposeText(s, text)
    expect((await approve(s, id)).code).toBe(0)
    const end = await endOf(s, id)
    expect([end.state, end.execution?.outcome], id).toEqual(['closed', 'kept'])
    await s.host.ok(['touch', BUSY])
    expect(await answers(s)).toBe('503')
    return id
  }

  /** By the gate's own clock: the command line would restart the service next. Whoever was not answered asks again. */
  function opened(s: Station, name: string): Promise<IncidentView> {
    return until(`${name}: the evidence`, END_MS, async () => {
      const found = await incidents(s)
      expect(found?.length ?? 0, name).toBeLessThanOrEqual(1)
      if (found?.length === 0) await askAsOwner(s, '/incidents', { service: SERVICE, because: name })
      const [known] = found ?? []
      if (known === undefined) return undefined
      const one = await answered<IncidentView>(s, ['incident', 'show', known.id])
      return one !== undefined && one.evidence.length > 0 && one.state !== 'declared' ? one : undefined
    })
  }

  /** What was made since the suspect and waits to be approved; proposed again where that came to nothing. */
  async function proposed(s: Station, name: string, of: string): Promise<string> {
    const argv = ['change', 'rollback', of, '--no-wait', '--json']
    return until(`${name}: the way back to be sealed`, END_MS, async () => {
      const said = await s.world.sekisho('ops1', argv, { timeoutMs: SOON })
      expect(said.code, `${name}: ${said.stdout}${said.stderr}`).not.toBe(70)
      const known = await answered<{ changes: readonly ChangeView[] }>(s, ['change', 'list'])
      return known?.changes?.find(({ id, state }) => id > of && state === 'awaiting_approval')?.id
    })
  }

  /** Approved, and followed to its end and to the recovery; what went back by itself is proposed once more. Answers what was made. */
  async function takenBack(s: Station, name: string, of: string, id: string, first: string) {
    const made = [first]
    for (;;) {
      const change = made.at(-1) ?? first
      await approve(s, change)
      const ended = await until(`${name}: an end of ${change}`, END_MS, async () => {
        const view = await look(s, change)
        if (view?.state === 'awaiting_approval') await approve(s, change)
        return view !== undefined && IS_OVER.includes(view.state) ? view : undefined
      })
      expect(ended.state, `${name}: ${JSON.stringify(ended.next)}`).toBe('closed')
      if (ended.execution?.outcome === 'kept') break
      expect(ended.execution?.outcome, name).toBe('rolled_back')
      expect(made.length, name).toBe(1)
      made.push(await proposed(s, name, of))
    }
    let last = ''
    const view = await until(
      () => `${name}: the recovery, ${last}`,
      END_MS,
      async () => {
        await s.world.sekisho('ops1', ['incident', 'next', id])
        const now = await answered<IncidentView>(s, ['incident', 'show', id])
        last = `${now?.state} ${now?.next?.what}`
        return now?.state === 'monitoring' ? now : undefined
      },
    )
    return { view, made }
  }

  async function trial(s: Station, kills: Kills): Promise<Readonly<Record<Step, readonly string[]>>> {
    const { host, world } = s
    const name = Object.values(kills).map(nameOf).join(' + ') || 'undisturbed'
    const before = await seen(s)
    const sick = await suspect(s)
    const since = await cursor(host)
    const passed: Record<Step, readonly string[]> = { open: [], propose: [], 'take back': [] }
    const traced = async <T>(step: Step, work: () => Promise<T>): Promise<T> => {
      const from = { places: (await places(host)).length, entry: await lastEntry(host) }
      const answer = await work()
      // Evidence is sealed at the beginning; that it was read is written down later.
      const isOwn = (one: string) =>
        isOfIncident(one) && (step === 'open' || !one.startsWith('journal.evidence.'))
      passed[step] = [
        ...numbered((await places(host)).slice(from.places).filter(isOwn)),
        ...numbered(await entriesAfter(host, from.entry)),
      ]
      return answer
    }
    const incident = await traced('open', () => killed(s, kills.open, () => opened(s, name)))
    const { id } = incident
    expect(incident.suspects[0]?.change, name).toBe(sick)
    const back = await traced('propose', () => killed(s, kills.propose, () => proposed(s, name, sick)))
    const { view: end, made } = await traced('take back', () =>
      killed(s, kills['take back'], () => takenBack(s, name, sick, id, back)),
    )
    const kept = made.at(-1)
    expect(
      end.recoveries.filter(({ failed }) => failed !== true),
      name,
    ).toMatchObject([{ change: kept, what: 'rollback' }])
    expect(
      end.evidence.map(({ set }) => set),
      name,
    ).toEqual(['level1'])
    expect(end.causes?.causes[0], name).toMatchObject({
      code: 'change.taken_back',
      values: { change: sick, by: kept },
    })
    expect(await otherBytes(s, end), name).toEqual([])
    const counted = await entriesOf(host, [id])
    expect(counted, name).toMatchObject({
      'incident.opened': 1,
      'incident.evidence': 1,
      'incident.recovering': 1,
      'incident.recovered': 1,
    })
    expect(counted['incident.recovery'], name).toBeLessThanOrEqual(made.length)
    for (const one of made)
      expect(await entriesOf(host, [one]), `${name}: ${one}`).toMatchObject({
        'execution.started': 1,
        'change.closed': 1,
      })
    // The suspect goes, nothing else changes, and the file that made it sick is still there.
    expect(await seen(s), name).toEqual(before)
    expect(await answers(s), name).toBe('200')
    expect(await reloads(host, since), name).toBe(1 + 2 * (made.length - 1))
    expect(await restarts(host, since), name).toBe(0)
    const { sound } = await world.json<{ sound: boolean }>('ops1', ['incident', 'verify', id])
    expect(sound, name).toBe(true)
    const closed = await world.sekisho('ops1', [
      'incident',
      'close',
      id,
      '--cause',
      name,
      '--without-soak',
      'a test',
    ])
    expect(closed.code, name + closed.stderr).toBe(0)
    await host.ok(['rm', BUSY])
    return passed
  }

  test('part of X16: the right end, its evidence sealed once, taken back once', {
    timeout: 3_600_000,
  }, async () => {
    console.log(`kills around a suspect: ${IS_WHOLE ? 'whole' : 'one a step'}, SEKISHO_SEED=${random.seed}`)
    const [first] = all as readonly [Station]
    const passed = await trial(first, {})
    const points = STEPS.flatMap((step) => passed[step].map((point) => ({ step, point })))
    console.log(`places: ${points.map(({ step, point }) => `${step}: ${point}`).join(', ')}`)
    const victims = Object.keys(VICTIMS) as Victim[]
    const turned = points.map(
      (one, n): Kill => ({ ...one, victim: victims[(n + random.seed) % victims.length] ?? 'runner' }),
    )
    const by = STEPS.map((step) => turned.filter((one) => one.step === step))
    const together = (kills: readonly (Kill | undefined)[]): Kills =>
      Object.fromEntries(kills.flatMap((one) => (one === undefined ? [] : [[one.step, one]])))
    const longest = Math.max(...by.map(({ length }) => length))
    const whole = Array.from({ length: longest }, (_, n) => together(by.map((some) => some[n])))
    const some = together(by.map((one) => one[Math.floor(random.next() * one.length)]))
    const left = IS_WHOLE ? whole : [some]
    const total = left.length
    await Promise.all(
      all.map(async (station) => {
        for (let kills = left.shift(); kills !== undefined; kills = left.shift()) {
          const began = performance.now()
          await trial(station, kills)
          const took = Math.round(performance.now() - began)
          for (const kill of Object.values(kills)) console.log(`${nameOf(kill)}: right`)
          console.log(`incident ${total - left.length} of ${total}: ${took} ms`)
        }
      }),
    )
    for (const { world } of all) expect((await world.sekisho('ops1', ['ledger', 'verify'])).code).toBe(0)
  })
})
