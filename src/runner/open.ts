// Puts the parts of a runner together on one data directory: trust, lock, keys, journal, policy. Used by the runner itself, by the
// keeper and at boot.
import { open, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'
import type { KillPoint } from '../base/kill-point.ts'
import { EvidenceStore } from '../evidence/evidence-store.ts'
import { originOf } from '../ledger/checkpoint.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { StageStore } from '../restore/stage-store.ts'
import { type Availability, openScratch, sandboxAvailable } from '../sandbox/sandbox.ts'
import { systemClock, systemRandom } from '../sys/clock.ts'
import { privateDirectory } from '../sys/files.ts'
import { openLauncher } from '../sys/launcher.ts'
import { tryLockDescriptor } from '../sys/lock.ts'
import { run } from '../sys/process.ts'
import { ClockMark } from './clock-mark.ts'
import { Bundles } from './code/bundles.ts'
import { CodeStore } from './code/store.ts'
import { Journal } from './journal/journal.ts'
import { Objects } from './objects.ts'
import { openKeys } from './own-key.ts'
import type { RunnerParts } from './parts.ts'
import { type Place, placeOf } from './place.ts'
import { Policies } from './policies.ts'
import { Secrets } from './secrets.ts'
import { Signer } from './signer.ts'
import { requireTrusted, untrustedPaths } from './trust.ts'

export interface OpenOptions {
  readonly guard?: string
  readonly data: string
  readonly policy: string
  readonly host?: string
  /** Directory of the code that runs, and program and first arguments that start it. */
  readonly code: string
  readonly command: readonly string[]
  readonly version: string
  /** systemd is PID 1 here. */
  readonly systemctl: boolean
  readonly killPoint: KillPoint
  readonly log: (sentence: string, values?: JsonObject) => void
}

/** What must not be changeable by others where the runner is root. */
export function trustedPathsOf(place: Place, options: Pick<OpenOptions, 'code' | 'policy'>): string[] {
  return [options.policy, ...revertPathsOf(place, options)]
}

/**
 * The same for putting back: what is armed says everything by itself, and no rule is asked. A rules file that somebody else can change
 * must not keep the old configuration away.
 */
export function revertPathsOf(place: Place, options: Pick<OpenOptions, 'code'>): string[] {
  return [
    process.execPath,
    options.code,
    place.data,
    place.run,
    place.state,
    place.journal,
    place.objects,
    place.policies,
    place.secrets,
    place.keys,
    place.evidence,
    join(place.keys, 'ledger.pem'),
    join(place.keys, 'keyed.key'),
    join(place.state, 'armed'),
    join(place.state, 'copies'),
  ]
}

export function isRoot(): boolean {
  return process.geteuid?.() === 0
}

export async function isSystemd(): Promise<boolean> {
  return (await stat('/run/systemd/system').catch(() => undefined))?.isDirectory() ?? false
}

/** Directories, made where they are missing. A root runner refuses what others can change. */
export async function openPlace(options: OpenOptions): Promise<Place> {
  const place = placeOf(options.data)
  const trusted = trustedPathsOf(place, options)
  if (isRoot()) await requireTrusted(trusted)
  await privateDirectory(place.data, 0o755)
  await privateDirectory(place.run, 0o755)
  for (const path of [place.state, place.objects, place.policies, place.secrets, place.keys, place.evidence])
    await privateDirectory(path)
  if (isRoot()) await requireTrusted(trusted)
  return place
}

/** For the keeper and at boot: what a runner made is there, or there is nothing to do; nothing is made. */
export async function existingPlace(options: OpenOptions): Promise<Place> {
  const place = placeOf(options.data)
  if (isRoot()) await requireTrusted(revertPathsOf(place, options))
  return place
}

/** One runner on one directory: the lock dies with us. Throws runner.second. */
export async function lockPlace(place: Place): Promise<void> {
  const handle = await open(join(place.state, 'lock'), 'a', 0o600)
  if (await tryLockDescriptor(run, handle.fd)) {
    held.push(handle)
    return
  }
  await handle.close()
  throw new SekishoError('runner.second', { path: place.data })
}
/** A handle that is collected closes its descriptor, and with it goes the lock. */
const held: unknown[] = []

/** Program and arguments of the process that holds an isolation. */
export function holderCommand({ command, data, policy }: OpenOptions): readonly string[] {
  return [...command, 'isolation', '--data', data, '--policy', policy]
}

export async function openParts(place: Place, options: OpenOptions): Promise<RunnerParts> {
  const { killPoint, log } = options
  const clock = systemClock
  const launcher = openLauncher({ random: systemRandom })
  const keys = await openKeys(place.keys, systemRandom)
  const journal = await Journal.open(place.journal, { clock, killPoint })
  const objects = new Objects(place.objects)
  await objects.prepare()
  const bundles = new Bundles(join(place.state, 'bundles'), () => clock.now())
  await bundles.prepare()
  const policies = new Policies(options.policy, place.policies)
  await policies.load().catch((error: unknown) => {
    log('the policy cannot be read', { message: String(error).slice(0, 500) })
    return undefined
  })
  let sandbox: Promise<Availability> | undefined
  // The rules may come, or change, after the start.
  const hostName = () => options.host ?? hostOf(policies.loaded ? policies.current : undefined)
  return {
    place,
    clock,
    journal,
    objects,
    bundles,
    policies,
    secrets: new Secrets(place.secrets, keys.keyed),
    stages: new StageStore(join(place.state, 'stages')),
    evidence: new EvidenceStore({
      directory: place.evidence,
      clock,
      host: hostName,
      lines: () => journal.index.evidence,
      quota: () => (policies.loaded ? policies.current.incidents?.evidenceBytes : undefined),
      append: async (body) => {
        await journal.append(`evidence/${body.incident}`, body)
      },
    }),
    code: new CodeStore(join(place.state, 'code')),
    keys,
    signer: new Signer(journal, keys, () => originOf(policies.current.name)),
    mark: await ClockMark.open(join(place.state, 'mark.json'), clock),
    process: launcher.run,
    killPoint,
    systemctl: options.systemctl,
    root: isRoot(),
    get host() {
      return hostName()
    },
    version: options.version,
    command: options.command,
    waker: {
      run: launcher.run,
      startApart: launcher.startApart,
      systemctl: options.systemctl,
      command: [...options.command, 'keeper', '--data', options.data, '--policy', options.policy],
    },
    holder: holderCommand(options),
    sandbox: () => {
      sandbox ??= openScratch(place.scratch).then(() =>
        sandboxAvailable({ process: run, scratch: place.scratch, uid: process.geteuid?.() ?? -1 }),
      )
      // A disk that is full now need not be so at the next question.
      sandbox.catch(() => {
        sandbox = undefined
      })
      return sandbox
    },
    ...(options.guard === undefined ? {} : { guard: options.guard }),
    untrusted: async () => (isRoot() ? untrustedPaths(trustedPathsOf(place, options)) : []),
    log,
  }
}

/** The one host that the inventory speaks of; else this machine's own name. */
function hostOf(policy: CompiledPolicy | undefined): string {
  const hosts = new Set(policy?.services.map(({ host }) => host))
  const [only] = hosts
  return hosts.size === 1 && only !== undefined ? only : hostname()
}
