// Finds standing statements that were signed for what an earlier release did.
import type { DoctorFact } from '../contract/gate.ts'
import { playbookDigest, playbookOf } from '../seal/playbooks.ts'
import { isStandingWork } from '../seal/tier.ts'
import type { Change } from './change.ts'
import type { Standing } from './store.ts'

/** True where the playbook produces something else now: the runner does not accept the statement any more. */
export function isOutdated({
  state,
  verb,
  playbookDigest: of,
}: Pick<Standing, 'state' | 'verb' | 'playbookDigest'>): boolean {
  return state === 'live' && of !== playbookDigest(playbookOf(verb))
}

/** The statement that covered this work, where every live one for it ended with the release: people are asked although an owner has signed. */
export function endedFor(
  { state, plan, service }: Pick<Change, 'state' | 'plan' | 'service'>,
  all: readonly Standing[],
): { readonly by: string; readonly at: string; readonly verb: string } | undefined {
  const action = plan?.actions[0]?.action
  if (state !== 'awaiting_approval' || plan === undefined || !isStandingWork(plan)) return undefined
  if (action?.kind !== 'unit') return undefined
  const { unit, verb } = action
  const same = all.filter(
    (one) => one.state === 'live' && one.service === service && one.unit === unit && one.verb === verb,
  )
  const [ended] = same
  if (ended === undefined || !same.every(isOutdated)) return undefined
  return { by: ended.person, at: ended.at, verb }
}

/** Standing statements that ended with the release. Without its statement no backup is made and no host is isolated; a restart asks for approval instead. */
export function outdatedFacts(
  standing: readonly Pick<Standing, 'service' | 'verb' | 'state' | 'playbookDigest'>[],
): readonly DoctorFact[] {
  return standing.filter(isOutdated).map(({ service, verb }) => ({
    name: 'standing',
    state: verb === 'backup' || verb === 'isolate' ? 'bad' : 'warn',
    code: 'doctor.standing_outdated',
    values: { service, verb },
  }))
}
