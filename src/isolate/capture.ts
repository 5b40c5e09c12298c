// The full capture of an isolated host, within a minute: what an investigation asks for first. Each part has its own limit; what is late or cannot be
// had is a gap with its reason and holds nothing up.
import { readdirSync } from 'node:fs'
import { linkOr } from '../host/nginx-listeners.ts'
import { kernelText } from '../sys/kernel-text.ts'
import type { ProcessResult, run } from '../sys/process.ts'

export interface CaptureItem {
  readonly name: string
  readonly source: string
  readonly bytes: Uint8Array
}
export interface CaptureGap {
  readonly name: string
  readonly why: 'late' | 'failed' | 'cut'
}

const PART_MS = 40_000
const PART_BYTES = 67_108_864
const AT_ONCE = 3
/** Where an intruder leaves things: configuration, programs that were added, data of services, temporary places, homes. */
const PLACES = [
  '/etc',
  '/usr/local',
  '/opt',
  '/srv',
  '/var/www',
  '/var/spool/cron',
  '/tmp',
  '/var/tmp',
  '/dev/shm',
  '/root',
  '/home',
  '/boot',
]
const SCHEDULES = [
  '/etc/crontab',
  '/etc/cron.d',
  '/etc/cron.hourly',
  '/etc/cron.daily',
  '/etc/cron.weekly',
  '/var/spool/cron',
]

/** Milliseconds since 1970. */
export interface CaptureWindow {
  readonly since: number
  readonly until: number
}

export function captureParts({ since, until }: CaptureWindow): Readonly<Record<string, readonly string[]>> {
  const [from, to] = [Math.floor(since / 1000), Math.ceil(until / 1000)]
  return {
    'capture/journal': [
      'journalctl',
      '--no-pager',
      '--quiet',
      '--output=short-iso-precise',
      `--since=@${from}`,
      `--until=@${to}`,
    ],
    'capture/kernel': ['dmesg', '--time-format=iso'],
    'capture/units': ['systemctl', 'list-units', '--all', '--plain', '--no-pager', '--no-legend'],
    'capture/unit-files': ['systemctl', 'list-unit-files', '--plain', '--no-pager', '--no-legend'],
    'capture/timers': ['systemctl', 'list-timers', '--all', '--no-pager', '--no-legend'],
    'capture/packages': ['dpkg-query', '--show', '--showformat=${db:Status-Abbrev} ${Package} ${Version}\\n'],
    'capture/packages-changed': ['dpkg', '--verify'],
    'capture/changed-files': [
      'find',
      ...PLACES,
      '-xdev',
      '-newerct',
      `@${from}`,
      '!',
      '-newerct',
      `@${to}`,
      '-printf',
      '%C+ %M %u:%g %s %i %p\\n',
    ],
    'capture/setuid': [
      'find',
      '/usr',
      '/opt',
      '/srv',
      '/home',
      '/tmp',
      '/var/tmp',
      '-xdev',
      '-perm',
      '/6000',
      '-printf',
      '%C+ %M %u:%g %s %p\\n',
    ],
    'capture/schedules': ['grep', '-r', '--no-messages', '', ...SCHEDULES],
    'capture/keys': ['grep', '-r', '--no-messages', '', '--include=authorized_keys*', '/root', '/home'],
    'capture/accounts': ['getent', 'passwd'],
    'capture/groups': ['getent', 'group'],
    'capture/logins': ['last', '--fulltimes', '--fullnames', '--limit', '500'],
    'capture/firewall': ['nft', 'list', 'ruleset'],
    'capture/sockets': [
      'ss',
      '--no-header',
      '--all',
      '--numeric',
      '--processes',
      '--extended',
      '--tcp',
      '--udp',
      '--raw',
    ],
  }
}

export async function takeCapture(
  window: CaptureWindow,
  process: typeof run,
  signal: AbortSignal,
): Promise<{ readonly items: readonly CaptureItem[]; readonly gaps: readonly CaptureGap[] }> {
  const items: CaptureItem[] = [
    { name: 'capture/descriptors', source: '/proc/PID/fd', bytes: Buffer.from(descriptorLines()) },
  ]
  const gaps: CaptureGap[] = []
  const parts = Object.entries(captureParts(window))
  const next = async (): Promise<void> => {
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      const [name, argv] = part
      const result = await process(argv, { timeoutMs: PART_MS, maxOutput: PART_BYTES, signal })
      if (result.stdoutBytes.length > 0)
        items.push({ name, source: argv.join(' '), bytes: result.stdoutBytes })
      const why = gapOf(result)
      if (why !== undefined) gaps.push({ name, why })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next))
  const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1)
  return { items: items.toSorted(byName), gaps: gaps.toSorted(byName) }
}

/** `dpkg --verify`, `find` and `grep` say by their exit code that they found something, nothing, or met a place that was gone. */
function gapOf({
  code,
  timedOut,
  signal,
  overflowed,
  stdoutBytes,
  notStarted,
}: ProcessResult): CaptureGap['why'] | undefined {
  if (timedOut || (signal !== undefined && notStarted === undefined)) return 'late'
  if (overflowed) return 'cut'
  return code === undefined || (code > 1 && stdoutBytes.length === 0) ? 'failed' : undefined
}

/** What each process has open, and which of its programs are no file any more. */
function descriptorLines(): string {
  const lines: string[] = []
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let names: readonly string[] = []
    try {
      names = readdirSync(`/proc/${pid}/fd`)
    } catch {
      // It has ended.
    }
    const program = linkOr(`/proc/${pid}/exe`)
    const open = names.map((name) => `${name} ${linkOr(`/proc/${pid}/fd/${name}`)}`)
    const mapped = [
      ...new Set([...kernelText(`/proc/${pid}/maps`).matchAll(/\s(\/.*)$/gm)].map(([, path]) => path)),
    ]
    lines.push(
      JSON.stringify({ pid: Number(pid), program, isGone: program.endsWith(' (deleted)'), open, mapped }),
    )
  }
  return `${lines.join('\n')}\n`
}
