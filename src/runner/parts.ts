// What the runner's verbs work through, put together once by main.
import { lstat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { KnownCopy } from '../backup/level.ts'
import { backupsOf } from '../backup/levels.ts'
import { rulesDigest, underRules } from '../backup/rules-digest.ts'
import { asThere, atHand, type Whereabouts } from '../backup/there.ts'
import { keyedHash } from '../base/hash.ts'
import type { ServiceName } from '../base/id.ts'
import type { EvidenceStore } from '../evidence/evidence-store.ts'
import type { ReadContext } from '../host/context.ts'
import { isolationParts, isolationPort } from '../isolate/port.ts'
import { type CompiledPolicy, serviceOf } from '../plans/policy.ts'
import type { StageStore } from '../restore/stage-store.ts'
import type { Availability } from '../sandbox/sandbox.ts'
import type { MachinePort, ProgramPort } from '../snapshot/ports.ts'
import type { ClockMark } from './clock-mark.ts'
import type { Bundles } from './code/bundles.ts'
import type { CodeStore } from './code/store.ts'
import type { Journal } from './journal/journal.ts'
import type { Objects } from './objects.ts'
import type { OwnKeys } from './own-key.ts'
import type { Place } from './place.ts'
import type { Policies } from './policies.ts'
import type { Waker } from './revert/keeper.ts'
import type { Secrets } from './secrets.ts'
import type { Signer } from './signer.ts'

/** What lies in the runner's own directories. */
export interface StatePort {
  readonly place: Place
  readonly journal: Journal
  readonly objects: Objects
  readonly bundles: Bundles
  readonly policies: Policies
  readonly secrets: Secrets
  /** What was laid out for restores. */
  readonly stages: StageStore
  /** What was sealed of incidents. */
  readonly evidence: EvidenceStore
  /** What was staged of code. */
  readonly code: CodeStore
  readonly keys: OwnKeys
  readonly mark: ClockMark
  readonly signer: Signer
}

/** What this process looks at and wakes, beside what it works on. */
export interface WatchPort {
  readonly waker: Waker
  /** Program and arguments that hold an isolation (isolate/holder.ts). */
  readonly holder: readonly string[]
  /** Asked once, kept: what this machine's sandbox can do. */
  readonly sandbox: () => Promise<Availability>
  /** What the guard reads and fills: looked at for `doctor`. */
  readonly guard?: string
  readonly untrusted: () => Promise<readonly string[]>
}

/** Who needs a part of this asks for its port. */
export interface RunnerParts extends MachinePort, ProgramPort, StatePort, WatchPort {}

/** Copies of a service's backups as this runner's own journal knows them, under the rules in force. */
export function copiesKnown(name: ServiceName, { journal, policies }: RunnerParts): readonly KnownCopy[] {
  const { copies } = backupsOf(name, journal.index.backups)
  const service = serviceOf(policies.current, name)
  return service === undefined ? copies : underRules(copies, rulesDigest(service))
}

/** As `copiesKnown`, looked for where they were written: those that are gone are suspect. */
export async function copiesThere(name: ServiceName, parts: RunnerParts): Promise<readonly KnownCopy[]> {
  return asThere(copiesKnown(name, parts), lookForCopy)
}

/** The same for what rests on a copy now: those of a target that is away do not count. */
export async function copiesAtHand(name: ServiceName, parts: RunnerParts): Promise<readonly KnownCopy[]> {
  return atHand(copiesKnown(name, parts), lookForCopy)
}

async function lookForCopy(where: string): Promise<Whereabouts> {
  if (await isNamed(where)) return 'there'
  return (await isNamed(dirname(where))) ? 'gone' : 'away'
}

/** Where it cannot be told, it may be there. */
async function isNamed(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (cause) {
    return !['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')
  }
}

export function keyedBy(keys: OwnKeys): (bytes: Uint8Array) => string {
  return (bytes) => keyedHash(keys.keyed, bytes)
}

export function readContext(
  parts: RunnerParts,
  policy: CompiledPolicy,
  signal: AbortSignal = new AbortController().signal,
): ReadContext {
  return {
    run: parts.process,
    clock: parts.clock,
    policy,
    keyed: keyedBy(parts.keys),
    signal,
    systemctl: parts.systemctl,
    isolation: isolationPort(isolationParts(parts)),
  }
}
