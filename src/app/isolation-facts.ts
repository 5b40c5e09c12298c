// What the gate says of the isolation of its host, for `status` and `doctor`: a host that is cut off is never green.
import { isOutdated } from '../change/outdated.ts'
import type { Standing } from '../change/store.ts'
import type { DoctorFact } from '../contract/gate.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import type { IsolationFacts } from '../seal/isolation-protocol.ts'
import type { Seen } from './see-runner.ts'

export function isolationFacts(runner: Seen): readonly DoctorFact[] {
  const facts = runner.reachable ? runner.status.isolation : undefined
  if (facts === undefined || facts.state === 'none') return []
  return [{ name: 'isolation', state: 'bad', code: CODES[facts.state], values: valuesOf(facts) }]
}

/** An owner has signed that the host may be cut off, and the statement holds. */
export const isIsolationSigned = (standing: readonly Standing[], host: string): boolean =>
  standing.some(
    (one) => one.verb === 'isolate' && one.unit === host && one.state === 'live' && !isOutdated(one),
  )

/** Said before it is needed: without the statement a host that was broken into cannot be cut off. */
export function unsignedIsolation(
  runner: Seen,
  { services }: CompiledPolicy,
  standing: readonly Standing[],
): readonly DoctorFact[] {
  const [first] = services
  if (!runner.reachable || !runner.status.root || first === undefined) return []
  if (isIsolationSigned(standing, first.host)) return []
  const values = { service: first.name }
  return [{ name: 'isolation', state: 'none', code: 'doctor.isolation_unsigned', values }]
}

const CODES: Readonly<Record<Exclude<IsolationFacts['state'], 'none'>, string>> = {
  trial: 'doctor.isolation_trial',
  kept: 'doctor.isolated',
  ending: 'doctor.isolation_ending',
  stray: 'doctor.isolation_stray',
  unreadable: 'doctor.isolation_unreadable',
}

function valuesOf({ incident, service, since, admission, table, restored, why }: IsolationFacts) {
  return {
    table,
    ...(incident === undefined ? {} : { incident }),
    ...(service === undefined ? {} : { service }),
    ...(since === undefined ? {} : { since }),
    address: admission?.administrator?.address ?? '',
    restored: restored ?? 0,
    why: why ?? '',
  }
}
