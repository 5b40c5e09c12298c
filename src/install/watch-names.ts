// What the names that the rules declare resolve to, for the unit of sekisho-watch: root asks for them, and a file of hosts of the unit's own says
// so, so that the process asks no name server and reaches what was resolved here and nothing else. A timer asks again.
import { chmod, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Reach, reachOf } from '../checks/reach.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { readRegular, writeDurable } from '../sys/files.ts'
import { rewriteLines } from '../sys/in-place.ts'
import { kindOfAddress } from '../sys/outbound.ts'
import { run } from '../sys/process.ts'

const HOSTS = '/etc/hosts'
const UNITS = '/etc/systemd/system'
const SERVICE = 'sekisho-names.service'
const TIMER = 'sekisho-names.timer'
const RESOLVE_MS = 5000
/** Of one name so many are let through. */
const ADDRESSES_MAX = 16
const LIMIT = 16_777_216
const HEAD = '# Declared names, as they were resolved by root for sekisho-watch.'

/** The file of hosts of the unit, beside the compiled rules: only root writes there. */
export const hostsOfWatch = (policyFile: string): string => join(dirname(policyFile), 'watch-hosts')

/** The unit shows its process this file as /etc/hosts: it has to be there before it starts. */
export async function makeHostsOfWatch(policyFile: string): Promise<void> {
  const path = hostsOfWatch(policyFile)
  if ((await readRegular(path, LIMIT).catch(() => undefined)) === undefined)
    await put(path, (await ownHosts()) ?? '')
}

export interface NamePlaces {
  readonly compiledRunner: string
  readonly data: string
}

export interface ResolvedReach extends Reach {
  /** How many names the rules declare that this machine's own file does not know. */
  readonly declared: number
}

/** Asks for each declared name; one that has no address now keeps those of the last time. */
export async function resolveNames(policyFile: string, policy: CompiledPolicy): Promise<ResolvedReach> {
  const path = hostsOfWatch(policyFile)
  const before = await textOf(path)
  // What cannot be read now is no empty file.
  const hosts = (await ownHosts()) ?? before.split(HEAD)[0] ?? ''
  const { names } = reachOf(policy, hosts)
  const lines: string[] = []
  for (const name of names) {
    const found = await addressesOf(name)
    const known = found.length > 0 ? found : keptOf(name, before)
    lines.push(...known.map((address) => `${address} ${name}`))
  }
  const text = lines.length === 0 ? hosts : `${hosts.replace(/\n?$/, '\n')}${HEAD}\n${lines.join('\n')}\n`
  if (text !== before) await put(path, text)
  return { ...reachOf(policy, text), declared: names.length }
}

/** The addresses of the last time, below the mark. */
function keptOf(name: string, before: string): readonly string[] {
  const at = before.indexOf(HEAD)
  return before
    .slice(at === -1 ? before.length : at)
    .split('\n')
    .flatMap((line) => (line.endsWith(` ${name}`) ? [line.slice(0, -name.length - 1)] : []))
}

async function addressesOf(name: string): Promise<readonly string[]> {
  const asked = await run(['getent', 'ahosts', '--', name], { timeoutMs: RESOLVE_MS })
  const found = asked.stdout.split('\n').flatMap((line) => line.split(/\s+/)[0] ?? [])
  // Nothing is told to a link-local or multicast address, whatever a name server says.
  return [...new Set(found)].filter((one) => kindOfAddress(one) !== 'never').slice(0, ADDRESSES_MAX)
}

/** The machine's own file, which may be a link; undefined where it cannot be read. */
const ownHosts = (): Promise<string | undefined> =>
  readFile(HOSTS, 'utf8').catch((cause: NodeJS.ErrnoException) => (cause.code === 'ENOENT' ? '' : undefined))

const textOf = async (path: string): Promise<string> =>
  (await readRegular(path, LIMIT).catch(() => undefined))?.bytes.toString('utf8') ?? ''

/** In place where it is there: the unit has this very file mounted. Never empty or half of it, also where the disk is full. */
async function put(path: string, text: string): Promise<void> {
  if ((await rewriteLines(path, text)) === undefined) await writeDurable(path, text, { mode: 0o644 })
  else await chmod(path, 0o644)
}

/** Where names are declared they are asked for again every five minutes. */
export async function keepTimer({ data, compiledRunner }: NamePlaces, isNeeded: boolean): Promise<void> {
  const there = (await readRegular(join(UNITS, TIMER), LIMIT).catch(() => undefined)) !== undefined
  if (isNeeded) {
    // The installed code, whichever runs now.
    const start = /^ExecStart=(\S+ \S+) gate /m.exec(await textOf(join(UNITS, 'sekisho-gate.service')))?.[1]
    if (start === undefined) return
    const service = serviceText(`${start} names --data ${data}`, dirname(compiledRunner))
    const isSame = (await textOf(join(UNITS, SERVICE))) === service
    if (!isSame) await writeDurable(join(UNITS, SERVICE), service, { mode: 0o644 })
    if (!there) await writeDurable(join(UNITS, TIMER), TIMER_TEXT, { mode: 0o644 })
    if (!isSame || !there) await run(['systemctl', 'daemon-reload'], { timeoutMs: 30_000 })
    await run(['systemctl', 'enable', '--now', '--quiet', TIMER], { timeoutMs: 30_000 })
    return
  }
  if (!there) return
  await run(['systemctl', 'disable', '--now', '--quiet', TIMER], { timeoutMs: 30_000 })
  for (const name of [TIMER, SERVICE]) await rm(join(UNITS, name), { force: true })
  await run(['systemctl', 'daemon-reload'], { timeoutMs: 30_000 })
}

const TIMER_TEXT = `[Unit]
Description=Sekisho: addresses of the names that sekisho-watch may reach

[Timer]
OnActiveSec=5min
OnUnitActiveSec=5min
AccuracySec=30s

[Install]
WantedBy=timers.target
`

const serviceText = (command: string, writes: string): string => `[Unit]
Description=Sekisho: addresses of the names that sekisho-watch may reach

[Service]
Type=oneshot
ExecStart=${command}
TimeoutStartSec=120
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ReadWritePaths=${writes}
ProtectHome=yes
PrivateTmp=yes
MemoryMax=256M
TasksMax=64
`
