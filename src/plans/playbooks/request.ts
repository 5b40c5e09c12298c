// The one plan that the request playbook makes of a declared call. The gate makes it, and the judge makes it again and compares: where it is sent,
// what is read back and what takes it back are the rules', the body and the parameters are what was approved.
import { type ChangeId, dataTarget } from '../../base/id.ts'
import { canonical, type Json } from '../../base/json.ts'
import type { Instant } from '../../base/time.ts'
import type { NamedSecret } from '../actions/action-kind.ts'
import { PARAMETER, type Request, type Sent } from '../actions/request.ts'
import { type ApiCall, parametersOf } from '../api-rules.ts'
import { BACKUP_LEVEL } from '../data-directory.ts'
import type { Plan } from '../plan.ts'
import type { CompiledPolicy, Service } from '../policy.ts'

export interface RequestWork {
  readonly change: ChangeId
  readonly revision: number
  readonly params: Readonly<Record<string, string>>
  readonly body?: string
  /** What the inverse sends. */
  readonly inverseBody?: string
  readonly credential?: NamedSecret
  /** A call before is taken back: what is sent is the inverse. */
  readonly turned?: true
  readonly window?: { readonly from: Instant; readonly until: Instant }
}

const AROUND_MS = 30_000

export function declaredCall({ calls = [] }: Service, name: string): ApiCall | undefined {
  return calls.find((one) => one.name === name)
}

/** Exactly the parameters of the call, each a plain value; undefined, or the name that is wrong. */
export function wrongParameter(call: ApiCall, params: Readonly<Record<string, string>>): string | undefined {
  const names = parametersOf(call)
  return (
    names.find((name) => !PARAMETER.test(params[name] ?? '')) ??
    Object.keys(params).find((name) => !names.includes(name))
  )
}

export function requestPlan(
  policy: CompiledPolicy,
  service: Service,
  call: ApiCall,
  work: RequestWork,
): Plan {
  const { change, revision, params, body, inverseBody, credential, turned, window } = work
  const at = (path: string) =>
    `${call.base}${path.replace(/\{([^}]+)\}/g, (_, name: string) => params[name] ?? '')}`
  const sent = ({ method, path }: Pick<ApiCall, 'method' | 'path'>, what: string | undefined): Sent => ({
    method,
    url: at(path),
    ...(what === undefined ? {} : { body: what }),
  })
  const forth = sent(call, body)
  const back = call.inverse === undefined ? undefined : sent(call.inverse, inverseBody)
  const isTurned = turned === true && back !== undefined
  const inverse = isTurned ? forth : back
  const action: Request = {
    kind: 'request',
    ...(isTurned ? back : forth),
    call: call.name,
    dir: call.dir,
    params: parametersOf(call).map((key) => ({ key, value: params[key] ?? '' })),
    read: at(call.read),
    ...(inverse === undefined ? {} : { inverse }),
    ...(credential === undefined ? {} : { credential }),
    withinMs: call.withinMs,
    ...(isTurned ? { turned } : {}),
  }
  return {
    v: 1,
    change,
    revision,
    host: service.host,
    service: service.name,
    pattern: 'request',
    playbook: 'request/1',
    targets: [dataTarget(service.host, call.dir)],
    actions: [
      {
        id: '1',
        action,
        undo: action.inverse === undefined ? [] : [{ kind: 'putBack' }],
        timeoutMs: call.withinMs + AROUND_MS,
      },
    ],
    pre: [
      ...(service.health === undefined ? [] : [{ kind: 'health' } as const]),
      { kind: 'backup', level: BACKUP_LEVEL },
    ],
    proof: [
      { kind: 'readBack', url: action.read },
      ...(service.health === undefined ? [] : [{ kind: 'health' } as const]),
    ],
    diagnostics: false,
    keep: { by: 'proof', seconds: policy.rules.keepSeconds },
    ...(window === undefined ? {} : { window }),
  }
}

export function requestIn({ actions }: Pick<Plan, 'actions'>): Request | undefined {
  return actions.flatMap(({ action }) => (action.kind === 'request' ? [action] : []))[0]
}

/** Is this exactly the plan that the playbook makes of the call that it names? */
export function isRequestPlan(plan: Plan, policy: CompiledPolicy, service: Service): boolean {
  const action = requestIn(plan)
  const call = action === undefined ? undefined : declaredCall(service, action.call)
  if (action === undefined || call === undefined) return false
  const { change, revision, window } = plan
  const { inverse, credential, turned } = action
  const [body, inverseBody] =
    turned === undefined ? [action.body, inverse?.body] : [inverse?.body, action.body]
  const params = Object.fromEntries(action.params.map(({ key, value }) => [key, value]))
  if (wrongParameter(call, params) !== undefined) return false
  if ((credential?.reference ?? undefined) !== referenceOf(service, call)) return false
  const own = requestPlan(policy, service, call, {
    change,
    revision,
    params,
    ...(body === undefined ? {} : { body }),
    ...(inverseBody === undefined ? {} : { inverseBody }),
    ...(credential === undefined ? {} : { credential }),
    ...(turned === undefined ? {} : { turned }),
    ...(window === undefined ? {} : { window }),
  })
  return canonical(own as unknown as Json) === canonical(plan as unknown as Json)
}

/** The secret whose value the call is sent with. */
export function referenceOf({ name }: Service, { credential }: ApiCall): string | undefined {
  return credential === undefined ? undefined : `${name}/${credential}`
}
