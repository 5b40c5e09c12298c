// A test host with Sekisho running in it and two people of the story: ops1, who owns the service, and claude, an agent that works for ops1.
import {
  type ExecOptions,
  type Host,
  type HostOptions,
  type Outcome,
  oneHost,
  SEKISHO,
} from '../host/host.ts'
import { miraiPolicy } from '../host/mirai.ts'
import { until } from '../until.ts'

export type Who = 'root' | 'ops1' | 'claude'

export interface World {
  readonly host: Host
  /** `sekisho …` as one of them, in a language. claude has its own token and no key. */
  sekisho(who: Who, argv: readonly string[], options?: SpeakOptions): Promise<Outcome>
  /** The same with `--json`, parsed; throws when it does not answer JSON. */
  json<T = Record<string, unknown>>(
    who: Who,
    argv: readonly string[],
    options?: SpeakOptions,
  ): Promise<T & { readonly exit: number }>
  readonly token: string
}

export interface SpeakOptions extends ExecOptions {
  readonly language?: 'ja' | 'en'
  /** Both streams in stdout, in the order in which they come. */
  readonly together?: boolean
}

export interface WorldOptions extends HostOptions {
  /** Another sekisho.yaml than the example's. */
  readonly policy?: (host: Host) => Promise<string>
  /** Before the gate starts. */
  readonly prepare?: (host: Host) => Promise<void>
  /** Stamp the operator's key as a demonstration key. */
  readonly demo?: boolean
}

export const UP_UNIT = 'sekisho-up.service'
export const KEY = '/home/ops1/.ssh/id_ed25519'

/** Brings the host up, starts the gate, applies the rules, logs ops1 in and gives claude its token. */
export async function world(options: WorldOptions = {}): Promise<World> {
  const host = await oneHost(options)
  const policy = await (options.policy ?? miraiPolicy)(host)
  await options.prepare?.(host)
  await host.ok(['install', '-d', '-m', '750', '/etc/sekisho'])
  await host.put('/etc/sekisho/sekisho.yaml', options.demo === true ? stamped(policy) : policy, 0o640)
  await start(host)
  return await enter(host)
}

/** `sekisho up` in the foreground of a unit of the host's own systemd. */
export async function start(host: Host): Promise<void> {
  await host.ok(['systemctl', 'reset-failed', UP_UNIT]).catch(() => '')
  await host.ok([
    'systemd-run',
    `--unit=${UP_UNIT}`,
    // As the units of an installation have it.
    '--property=UMask=0027',
    '--service-type=exec',
    '--property=KillMode=mixed',
    '--property=TimeoutStopSec=30',
    SEKISHO,
    'up',
  ])
  await ready(host)
}

export async function ready(host: Host): Promise<void> {
  await until('the gate to answer', 60_000, async () =>
    (await host.exec(['curl', '-sf', '-o', '/dev/null', 'http://127.0.0.1:7440/healthz'])).code === 0
      ? true
      : undefined,
  ).catch(async (error: unknown) => {
    const log = await host.exec(['journalctl', '-u', UP_UNIT, '-n', '60', '--no-pager', '-o', 'cat'])
    throw new Error(`the gate did not come up\n${log.stdout}`, { cause: error })
  })
}

/** Applies the rules, logs in, and answers the handle: also after a reboot. */
export async function enter(host: Host): Promise<World> {
  const speak =
    (token: string | undefined) =>
    (who: Who, argv: readonly string[], options: SpeakOptions = {}) =>
      host.exec(
        options.together === true
          ? ['sh', '-c', 'exec "$@" 2>&1', 'sh', SEKISHO, ...argv]
          : [SEKISHO, ...argv],
        {
          timeoutMs: 120_000,
          ...options,
          ...(who === 'root' ? {} : { user: who }),
          env: {
            LANG: options.language === 'ja' ? 'ja_JP.UTF-8' : 'C.UTF-8',
            HOME: who === 'root' ? '/root' : `/home/${who}`,
            USER: who,
            ...(who === 'claude' && token !== undefined ? { SEKISHO_TOKEN: token } : {}),
            ...options.env,
          },
        },
      )
  const plain = speak(undefined)
  const must = async (who: Who, argv: readonly string[]) => {
    const result = await plain(who, argv)
    if (result.code !== 0)
      throw new Error(
        `sekisho ${argv.join(' ')} as ${who}: ${result.ended ?? `exit ${result.code}`}\n${result.stdout}${result.stderr}`,
      )
    return result.stdout
  }
  await must('root', ['config', 'apply'])
  await must('ops1', ['login', 'ops1', '--key', KEY])
  const token = (await must('ops1', ['agent', 'token', 'claude'])).trim().split('\n')[0] as string
  const sekisho = speak(token)
  return {
    host,
    token,
    sekisho,
    json: async <T>(who: Who, argv: readonly string[], options: SpeakOptions = {}) => {
      const result = await sekisho(who, [...argv, '--json'], options)
      const line = result.stdout.trim().split('\n').at(-1) ?? ''
      try {
        return { ...(JSON.parse(line) as T), exit: result.code }
      } catch (cause) {
        throw new Error(
          `sekisho ${argv.join(' ')} gave no JSON (exit ${result.code})\n${result.stdout}\n${result.stderr}`,
          { cause },
        )
      }
    },
  }
}

/** The example's key line becomes a demonstration key: whatever it signs is stamped DEMO. */
function stamped(policy: string): string {
  return policy.replace(/keys: \[ ?'([^']+)' ?\]/, "keys: [ { public: '$1', class: file, demo: true } ]")
}
