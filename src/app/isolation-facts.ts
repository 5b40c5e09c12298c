// What the gate says of the isolation of its host, for `status` and `doctor`: a host that is cut off is never green.
import type { DoctorFact } from '../contract/gate.ts'
import type { IsolationFacts } from '../seal/isolation-protocol.ts'
import type { Seen } from './see-runner.ts'

export function isolationFacts(runner: Seen): readonly DoctorFact[] {
  const facts = runner.reachable ? runner.status.isolation : undefined
  if (facts === undefined || facts.state === 'none') return []
  return [{ name: 'isolation', state: 'bad', code: CODES[facts.state], values: valuesOf(facts) }]
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
