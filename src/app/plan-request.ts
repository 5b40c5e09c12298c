// What the plan of a request is made of: the declared call, the parameters and the body as they were typed, and which version of its credential.
import { SekishoError } from '../base/error.ts'
import type { ChangeId } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { Wishes } from '../change/change.ts'
import type { WishedRequest } from '../plans/actions/request.ts'
import type { Plan } from '../plans/plan.ts'
import { declaredCall, referenceOf, requestPlan, wrongParameter } from '../plans/playbooks/request.ts'
import type { CompiledPolicy, Service } from '../plans/policy.ts'

type Secrets = ReadonlyMap<string, { readonly version: number; readonly keyed: string }>

/** Secrets that a wish names: of variables, and of the call that is sent. */
export function referencesOf(service: Service, { env, request }: Wishes): readonly string[] {
  const call = request === undefined ? undefined : declaredCall(service, request.call)
  const credential = call === undefined ? undefined : referenceOf(service, call)
  return [
    ...env.flatMap(({ secret }) => secret.map(({ reference }) => reference)),
    ...(credential === undefined ? [] : [credential]),
  ]
}

/** Throws request.not_declared, request.parameter, request.no_inverse, request.only_restore, judge.secret_missing. */
export function planRequest(
  policy: CompiledPolicy,
  service: Service,
  work: {
    readonly change: ChangeId
    readonly revision: number
    readonly wish: WishedRequest | undefined
    readonly window?: { readonly from: Instant; readonly until: Instant }
  },
  secrets: Secrets,
): Plan {
  const { wish, ...common } = work
  const call = wish === undefined ? undefined : declaredCall(service, wish.call)
  if (wish === undefined || call === undefined)
    throw new SekishoError('request.not_declared', {
      service: service.name,
      call: wish?.call ?? '',
      declared: (service.calls ?? []).map(({ name }) => name),
    })
  const wrong = wrongParameter(call, wish.params)
  if (wrong !== undefined) throw new SekishoError('request.parameter', { call: call.name, name: wrong })
  if (call.inverse === undefined && wish.turned === true)
    throw new SekishoError('request.only_restore', { service: service.name, call: call.name })
  // S11: nothing is planned that only a restore could take back, unless its author says so.
  if (call.inverse === undefined && wish.irreversible !== true)
    throw new SekishoError('request.no_inverse', { service: service.name, call: call.name })
  const reference = referenceOf(service, call)
  const known = reference === undefined ? undefined : secrets.get(reference)
  if (reference !== undefined && known === undefined)
    throw new SekishoError('judge.secret_missing', { reference, version: 1 })
  return requestPlan(policy, service, call, {
    ...common,
    params: wish.params,
    ...(wish.body === undefined ? {} : { body: wish.body }),
    ...(wish.inverseBody === undefined ? {} : { inverseBody: wish.inverseBody }),
    ...(wish.turned === undefined ? {} : { turned: wish.turned }),
    ...(reference === undefined || known === undefined ? {} : { credential: { reference, ...known } }),
  })
}
