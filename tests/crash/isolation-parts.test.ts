// Runner, gate, watch, store and holder are killed at each place that an isolation passes from its command to its end, on an installed host seen from a second
// network namespace: it is whole or not there, the administrator comes in by SSH, and it ends once. Then each part is down for a while.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import type { IncidentView } from '../../src/contract/incident.ts'
import type { IsolationFacts } from '../../src/seal/isolation-protocol.ts'
import {
  ADMINISTRATOR,
  INCIDENT,
  INSTALLED,
  type Isolated,
  isolationWorld,
  SERVICE,
} from '../accept/isolation-world.ts'
import { describeWith } from '../host/describe.ts'
import type { Host } from '../host/host.ts'
import { until } from '../until.ts'
import { ready } from '../world/world.ts'
import { cursor, HIT, isHit, numbered, ORDER, pause, places, restarts, seeded, TRACE } from './campaign.ts'
import { IS_WHOLE } from './share.ts'

const UNITS = {
  runner: ['sekisho-runner'],
  gate: ['sekisho-gate'],
  watch: ['sekisho-watch'],
  postgres: ['sekisho-store'],
  holder: ['sekisho-isolation'],
  everything: ['sekisho-runner', 'sekisho-gate', 'sekisho-watch', 'sekisho-store', 'sekisho-isolation'],
} as const
type Victim = keyof typeof UNITS
const STEPS = ['isolate', 'capture', 'end'] as const
type Step = (typeof STEPS)[number]
interface Kill {
  readonly step: Step
  readonly point: string
  readonly victim: Victim
}
/** Of one isolation: in each step at most one, so that all places are tried in as many isolations as the longest step has places. */
type Kills = Readonly<Partial<Record<Step, Kill>>>
const nameOf = ({ step, point, victim }: Kill) => `${step} ${point} ${victim}`
const STATE = '/var/lib/sekisho/runner'
const SOON = 120_000
const AS_ROOT = { env: { HOME: '/root', SUDO_USER: 'ops1' }, timeoutMs: SOON }
/** An order to die. The unit of the runner may be started again and again. */
const DROP_IN = `[Unit]
StartLimitIntervalSec=0
[Service]
Environment=SEKISHO_TESTS=1 SEKISHO_KILL_ORDER=${ORDER} SEKISHO_KILL_TRACE=${TRACE}
`

describeWith('host', 'an isolation whose parts are killed', () => {
  const random = seeded()
  let i: Isolated
  let host: Host
  beforeAll(async () => {
    // More than the six an hour of the rules.
    i = await isolationWorld(200)
    host = i.host
    await host.ok(['mkdir', '-p', '/etc/systemd/system/sekisho-runner.service.d'])
    await host.put('/etc/systemd/system/sekisho-runner.service.d/orders.conf', DROP_IN)
    for (const unit of ['gate', 'watch', 'store']) {
      await host.ok(['mkdir', '-p', `/etc/systemd/system/sekisho-${unit}.service.d`])
      await host.put(
        `/etc/systemd/system/sekisho-${unit}.service.d/orders.conf`,
        '[Unit]\nStartLimitIntervalSec=0\n',
      )
    }
    await host.ok(['systemctl', 'daemon-reload'])
    await host.ok(['systemctl', 'restart', 'sekisho-runner'])
    await host.ok(['systemctl', 'start', 'sekisho-watch'])
    await ready(host)
  }, 300_000)
  afterAll(async () => {
    await (i as Isolated | undefined)?.end()
  })

  const isListed = async () =>
    (await host.exec(['nft', 'list', 'table', 'inet', 'sekisho_isolation'])).code === 0
  const facts = () =>
    until('the runner to tell the isolation', SOON, async () => {
      const { code, stdout } = await host.exec([INSTALLED, 'incident', 'isolation', '--json'])
      return code === 0 ? (JSON.parse(stdout.trim()) as IsolationFacts) : undefined
    })
  const isolate = () =>
    host.exec([INSTALLED, 'incident', 'isolate', INCIDENT, '--from', ADMINISTRATOR, '--yes'], AS_ROOT)
  const capture = () =>
    host.exec([INSTALLED, 'incident', 'capture', INCIDENT, '--since', '1h', '--json'], AS_ROOT)
  const login = async () => (await i.ssh(['id', '-un'])).stdout.trim() === 'ops1'
  /** How often the runner has written this of isolations. */
  const noted = async (event: string) =>
    Number(
      await host.ok([
        'sh',
        '-c',
        `cat ${STATE}/journal/*.jsonl | grep '"kind":"isolation"' | grep -c '"event":"${event}"' || true`,
      ]),
    )

  /** Sealed items whose bytes sha256sum does not find as the runner wrote them down. */
  async function otherBytes(): Promise<readonly string[]> {
    const lines = await host.ok(['sh', '-c', `cat ${STATE}/journal/*.jsonl | grep '"event":"sealed"'`])
    const sealed = lines
      .trim()
      .split('\n')
      .flatMap(
        (line) =>
          (JSON.parse(line) as { body: { items: readonly { item: string; digest: string }[] } }).body.items,
      )
    expect(sealed.length).toBeGreaterThan(0)
    const sums = await host.ok(['sh', '-c', `cd ${STATE}/evidence/${INCIDENT} && sha256sum E*`])
    const found = new Map(sums.split('\n').map((line) => [line.split('  ')[1], line.split('  ')[0]]))
    return sealed.flatMap(({ item, digest }) => (found.get(item) === digest ? [] : [item]))
  }

  /** Whole or not there, and nobody is locked out. */
  async function sound(name: string): Promise<IsolationFacts> {
    await until(`${name}: the administrator to come in`, SOON, async () =>
      (await login()) ? true : undefined,
    )
    const seen = await facts()
    const stands = seen.state === 'trial' || seen.state === 'kept'
    // Who looks next may be a second late.
    await until(`${name}: ${seen.state}, and the table as it says`, 60_000, async () =>
      (await isListed()) === stands || (await facts()).state !== seen.state ? true : undefined,
    )
    const now = await facts()
    if (now.state === seen.state) expect(await i.reaches(443), `${name}: ${now.state}`).toBe(!stands)
    return now
  }

  /** Kills at the place while `work` is done. Answers what the work says. */
  async function killed<T>(kill: Kill | undefined, work: () => Promise<T>): Promise<T> {
    if (kill === undefined) return work()
    const began = performance.now()
    await host.exec(['rm', '-f', HIT])
    await host.put(ORDER, `${kill.point} hold`)
    const working = work()
    await until(`${kill.point} to be reached`, SOON, () => isHit(host) || undefined)
    await host.exec(['systemctl', 'kill', '--signal=SIGKILL', '--kill-whom=all', ...UNITS[kill.victim]])
    await host.exec(['rm', '-f', HIT, ORDER])
    const said = await working
    console.log(`${nameOf(kill)}: killed, ${Math.round(performance.now() - began)} ms`)
    return said
  }

  /** From the command to the end; a step that died is done again by whoever asked for it. */
  async function episode(kills: Kills): Promise<Readonly<Record<Step, readonly string[]>>> {
    const name = Object.values(kills).map(nameOf).join(' + ') || 'undisturbed'
    const passed: Record<Step, readonly string[]> = { isolate: [], capture: [], end: [] }
    const traced = async (step: Step, work: () => Promise<void>) => {
      const from = (await places(host)).length
      await work()
      passed[step] = numbered((await places(host)).slice(from))
    }
    const before = { applied: await noted('applied'), ended: await noted('ended'), kept: await noted('kept') }
    const undone = await noted('undone')
    await traced('isolate', async () => {
      const first = killed(kills.isolate, isolate)
      // Whoever comes back in keeps it; the command waits for that.
      const keeping = until(`${name}: kept, or the command is over`, SOON, async () => {
        if (await isListed()) await login()
        return (await facts()).state === 'kept' ? true : undefined
      }).catch(() => false)
      const said = await first
      expect(said.code, `${name}: ${said.stdout}${said.stderr}`).not.toBe(70)
      if (kills.isolate !== undefined) await sound(name)
      if (!(await Promise.race([keeping, pause(20_000).then(() => false)]))) {
        const now = await sound(name)
        if (now.state === 'none') {
          const again = isolate()
          await until(`${name}: isolated again and kept`, SOON, async () => {
            if (await isListed()) await login()
            return (await facts()).state === 'kept' ? true : undefined
          })
          expect((await again).code, name).toBe(0)
        }
      }
      await until(`${name}: kept`, SOON, async () => {
        await login()
        return (await facts()).state === 'kept' ? true : undefined
      })
    })
    expect(await isListed(), name).toBe(true)
    await traced('capture', async () => {
      const said = await killed(kills.capture, capture)
      expect(said.code, `${name}: ${said.stdout}${said.stderr}`).not.toBe(70)
      expect((await sound(name)).state, name).toBe('kept')
      if (said.code !== 0) {
        expect(said.stderr + said.stdout, name).not.toBe('')
        await ready(host)
        expect((await capture()).code, name).toBe(0)
      }
    })
    await ready(host)
    const made = await until(`${name}: the change that ends it`, SOON, async () => {
      const view = await i.w
        .json<ChangeView>('ops1', ['incident', 'reconnect', INCIDENT])
        .catch(() => undefined)
      return view?.state === 'awaiting_approval' ? view : undefined
    })
    await traced('end', async () => {
      await killed(kills.end, () => i.w.sekisho('ops1', ['change', 'approve', made.id, '--yes', '--no-wait']))
      await ready(host)
      await until(`${name}: the end`, SOON, async () => {
        const view = await i.w.json<ChangeView>('ops1', ['change', 'show', made.id]).catch(() => undefined)
        if (view?.state === 'awaiting_approval')
          await i.w.sekisho('ops1', ['change', 'approve', made.id, '--yes', '--no-wait'])
        return view?.state === 'closed' && view.execution?.outcome === 'kept' ? true : undefined
      })
    })
    await until(`${name}: nothing of it to be left`, SOON, async () => {
      const isHeld = (await host.exec(['systemctl', 'is-active', 'sekisho-isolation'])).code === 0
      return !(await isListed()) && !isHeld && (await facts()).state === 'none' ? true : undefined
    })
    expect(await i.reaches(443), name).toBe(true)
    // One that nobody kept was undone, and begun once more.
    const begun = 1 + (await noted('undone')) - undone
    const counted = async () => ({
      applied: (await noted('applied')) - before.applied,
      kept: (await noted('kept')) - before.kept,
      ended: (await noted('ended')) - before.ended,
    })
    // The journal is brought home behind the end.
    await until(`${name}: its end to be noted`, SOON, async () =>
      (await counted()).ended > 0 ? true : undefined,
    )
    expect(await counted(), name).toEqual({ applied: begun, kept: 1, ended: 1 })
    expect(await otherBytes(), name).toEqual([])
    return passed
  }

  test('part of X16: whole or not there, nobody locked out, ended once', { timeout: 3_600_000 }, async () => {
    console.log(`kills of an isolation: ${IS_WHOLE ? 'whole' : 'one a step'}, SEKISHO_SEED=${random.seed}`)
    const passed = await episode({})
    const isOwn = (one: string) => !/^journal\.(checkpoint|clock|runner|read|statement)\./.test(one)
    const all = STEPS.flatMap((step) => passed[step].filter(isOwn).map((point) => ({ step, point })))
    console.log(`places: ${JSON.stringify(all)}`)
    const victims = Object.keys(UNITS) as Victim[]
    const turned = all.map(
      (one, n): Kill => ({ ...one, victim: victims[(n + random.seed) % victims.length] ?? 'runner' }),
    )
    const of = (step: Step) => turned.filter((one) => one.step === step)
    const one = (step: Step) => {
      const some = of(step)
      return some[Math.floor(random.next() * some.length)]
    }
    const together = (isolate?: Kill, capture?: Kill, end?: Kill): Kills => ({
      ...(isolate === undefined ? {} : { isolate }),
      ...(capture === undefined ? {} : { capture }),
      ...(end === undefined ? {} : { end }),
    })
    // Those of a capture lie behind those of an isolation: few isolations have three.
    const [isolations, captures, ends] = [of('isolate'), of('capture'), of('end')]
    const whole = Array.from(
      { length: Math.max(ends.length, isolations.length + captures.length) },
      (_, n): Kills => together(isolations[n], captures[n - isolations.length], ends[n]),
    )
    const chosen = IS_WHOLE ? whole : [together(one('isolate'), one('capture'), one('end'))]
    for (const [n, kills] of chosen.entries()) {
      const began = performance.now()
      await episode(kills)
      for (const kill of Object.values(kills)) console.log(`${nameOf(kill)}: right`)
      console.log(`isolation ${n + 1} of ${chosen.length}: ${Math.round(performance.now() - began)} ms`)
    }
    expect((await i.w.sekisho('ops1', ['ledger', 'verify'])).code).toBe(0)
  })

  /** What a person is told: a sentence, and never that it is our bug. */
  async function spoken(who: 'root' | 'ops1', argv: readonly string[]): Promise<string> {
    const said = await i.w.sekisho(who, argv, { together: true })
    expect(said.code, `${argv.join(' ')}\n${said.stdout}`).not.toBe(70)
    expect(said.stdout.trim().length, argv.join(' ')).toBeGreaterThan(20)
    return said.stdout
  }
  const stopped = async (part: 'runner' | 'gate' | 'store', work: () => Promise<void>) => {
    await host.ok(['systemctl', 'stop', `sekisho-${part}`])
    try {
      await work()
    } finally {
      await host.ok(['systemctl', 'start', 'sekisho-store', 'sekisho-runner', 'sekisho-gate'])
      await ready(host)
    }
  }

  test('each part is down at a step: a state, a sentence, nobody locked out', {
    timeout: 1_200_000,
  }, async () => {
    const open = ['incident', 'open', '--service', SERVICE, '--because', 'it hangs']
    await i.w.json('ops1', ['standing', 'sign', SERVICE, 'restart', '--per-hour', '6', '--yes'])
    const since = await cursor(host)
    await stopped('store', async () => {
      const said = await i.w.sekisho('ops1', open, { together: true })
      expect(said.code, said.stdout).toBe(75)
      expect(said.stdout).not.toMatch(/INC-\d{4}-\d{4}/)
    })
    const list = async () =>
      (await i.w.json<{ incidents: readonly IncidentView[] }>('ops1', ['incident', 'list'])).incidents
    expect(await list()).toEqual([])
    // Without a runner nothing is sealed and nothing restarts; it is open, and says what is missing.
    await stopped('runner', async () => {
      await spoken('ops1', open)
      const [opened, ...more] = await list()
      expect([opened?.state, more]).toEqual(['declared', []])
      await spoken('ops1', ['incident', 'show', opened?.id ?? ''])
      expect(await restarts(host, since)).toBe(0)
    })
    const [{ id }] = (await list()) as readonly [IncidentView]
    let told = ''
    const recovered = await until(
      () => `the recovery: ${told}`,
      SOON,
      async () => {
        const { stdout, stderr } = await i.w.sekisho('ops1', ['incident', 'next', id])
        const view = await i.w.json<IncidentView>('ops1', ['incident', 'show', id]).catch(() => undefined)
        told = `${stdout}${stderr}${JSON.stringify(view)}`
        return view?.state === 'monitoring' ? view : undefined
      },
    )
    expect(recovered.evidence.filter(({ set }) => set === 'level1')).toHaveLength(1)
    expect(await restarts(host, since)).toBe(1)
    await i.w.json('ops1', ['incident', 'close', id, '--cause', 'tried', '--without-soak', 'a test'])

    const isolating = isolate()
    await until('isolated and kept', SOON, async () => {
      if (await isListed()) await login()
      return (await facts()).state === 'kept' ? true : undefined
    })
    expect((await isolating).code).toBe(0)
    for (const part of ['gate', 'store', 'runner'] as const)
      await stopped(part, async () => {
        await spoken('ops1', ['status'])
        expect(await isListed(), part).toBe(true)
        expect(await i.reaches(443), part).toBe(false)
        expect(await login(), part).toBe(true)
        // The holder needs none of them.
        await host.ok(['nft', 'flush', 'ruleset'])
        await until(`${part} down: the table to be put back`, 60_000, async () =>
          (await isListed()) ? true : undefined,
        )
        if (part !== 'runner') expect((await facts()).state, part).toBe('kept')
        else await spoken('root', ['incident', 'isolation'])
      })
    // The runner came back a moment ago.
    const made = await until('the end of it to be proposed', SOON, async () => {
      const view = await i.w.json<ChangeView>('ops1', ['incident', 'reconnect', INCIDENT])
      return view.state === undefined ? undefined : view
    })
    expect(made.state, JSON.stringify(made.checks)).toBe('awaiting_approval')
    const done = await i.w.json<ChangeView>('ops1', ['change', 'approve', made.id, '--yes'])
    expect(done.execution?.outcome, JSON.stringify(done)).toBe('kept')
    expect(await isListed()).toBe(false)
  })
})
