// `config apply`: read, check, look at the host, show the difference, write what runner and guard read. Before the last line nothing
// has changed; the runner's file is written last and is what is in force.

import { decode } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { canonical, type Json, JsonError, parseCanonical } from '../base/json.ts'
import { inFileOrder, isRefusal, type PolicyProblem } from '../base/policy-problem.ts'
import { readGuardPolicy } from '../guard/read-policy.ts'
import { type CompiledPolicy, compiledPolicy } from '../plans/policy.ts'
import type { Compiled } from './compile.ts'
import { diffPolicy, type PolicyDifference, type Rulebook } from './diff.ts'
import { checkHost, type HostView } from './host-check.ts'
import { withHostFacts } from './host-facts.ts'
import { readPolicy } from './read.ts'

export interface PolicyPlace {
  /** `/etc/sekisho/sekisho.yaml`. */
  readonly source: string
  readonly runner: string
  readonly guard: string
  /** Who applied which version: the gate puts that name on the record. */
  readonly applied: string
}

export interface PolicyFiles {
  readonly read: (path: string) => Promise<string | undefined>
  /** Durable: temporary, fsync, rename, fsync of the directory; owner and mode are the caller's (root:sekisho 0640). */
  readonly write: (path: string, text: string) => Promise<void>
}

export type Examined =
  | { readonly state: 'refused'; readonly problems: readonly PolicyProblem[] }
  | {
      readonly state: 'sound'
      readonly compiled: Compiled
      /** In force now; absent before the first apply, or where that file cannot be read any more. */
      readonly before?: CompiledPolicy
      readonly differences: readonly PolicyDifference[]
      readonly warnings: readonly PolicyProblem[]
    }

export type Applied =
  | { readonly state: 'refused'; readonly problems: readonly PolicyProblem[] }
  | {
      readonly state: 'applied' | 'unchanged'
      readonly version: Digest
      readonly before?: Digest
      readonly differences: readonly PolicyDifference[]
      readonly warnings: readonly PolicyProblem[]
    }

/** Everything `config apply` does but the writing: `config diff`. Without a host view only the text is judged. */
export async function examinePolicy(
  place: PolicyPlace,
  files: Pick<PolicyFiles, 'read'>,
  host?: HostView,
): Promise<Examined> {
  const source = await files.read(place.source)
  if (source === undefined) throw new SekishoError('config.missing', { path: place.source })
  const policy = readPolicy(source)
  if (!policy.ok) return { state: 'refused', problems: policy.problems }
  const seen = host === undefined ? [] : inFileOrder(await checkHost(policy, host))
  if (seen.some(isRefusal)) return { state: 'refused', problems: seen }
  const before = await policyInForce(place, files)
  const facts = await host?.facts?.(policy.compiled.runner.services)
  const compiled =
    facts === undefined
      ? policy.compiled
      : { ...policy.compiled, guard: withHostFacts(policy.compiled.guard, facts) }
  return {
    state: 'sound',
    compiled,
    ...(before === undefined ? {} : { before }),
    differences: diffPolicy(await rulebook(before, place, files), policy.compiled),
    warnings: seen,
  }
}

/**
 * Writes the files of an examined policy. INVARIANT P3: guard.json first, who applied it next, runner.json last: what is in force is the version in
 * runner.json, wholly old or wholly new; a guard file of another version counts as stale and is written again by the next apply.
 * The caller tells the runner (`policy` at its admin door) afterwards. Running it twice is running it once.
 */
export async function applyPolicy(
  place: PolicyPlace,
  files: PolicyFiles,
  by: string,
  host?: HostView,
): Promise<Applied> {
  const examined = await examinePolicy(place, files, host)
  if (examined.state === 'refused') return examined
  const { compiled, before, differences, warnings } = examined
  const { version } = compiled.runner
  const guard = canonical(compiled.guard as unknown as Json)
  const inStep = before?.version === version && (await files.read(place.guard)) === guard
  if (!inStep) {
    await files.write(place.guard, guard)
    await files.write(place.applied, canonical({ v: 1, version, by }))
    await files.write(place.runner, canonical(compiled.runner as unknown as Json))
  }
  return {
    state: before?.version === version ? 'unchanged' : 'applied',
    version,
    ...(before === undefined ? {} : { before: before.version }),
    differences,
    warnings,
  }
}

/** A guard file that cannot be read, or of another version, says nothing of what held before. */
async function rulebook(
  runner: CompiledPolicy | undefined,
  place: PolicyPlace,
  files: Pick<PolicyFiles, 'read'>,
): Promise<Rulebook | undefined> {
  if (runner === undefined) return undefined
  const text = await files.read(place.guard)
  const guard = text === undefined ? undefined : readGuardPolicy(text)
  return guard?.version === runner.version ? { runner, guard } : { runner }
}

/** The compiled policy on disk, or undefined where there is none that can be read: an apply then writes it anew. */
export async function policyInForce(
  place: Pick<PolicyPlace, 'runner'>,
  files: Pick<PolicyFiles, 'read'>,
): Promise<CompiledPolicy | undefined> {
  const text = await files.read(place.runner)
  if (text === undefined) return undefined
  try {
    const read = decode(compiledPolicy, parseCanonical(text))
    return read.ok ? read.value : undefined
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}
