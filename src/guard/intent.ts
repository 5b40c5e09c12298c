// One intent, however it is spelled: what kind of act on which protected thing on which host. Refusals of one intent are counted once,
// and a second spelling is recognised (guard §0, §11; domain §7, never 12).

import type { Verdict } from './decide.ts'
import type { Effect } from './effect.ts'
import { showPath } from './path.ts'

/** Undefined where nothing was refused. Stable text; who stores it takes its digest. */
export function intentOf({ reasons, effects }: Verdict): string | undefined {
  const [first] = reasons
  if (first === undefined) return undefined
  const effect = first.effects[0] === undefined ? undefined : effects[first.effects[0]]
  const { name, service } = first.params
  const thing = name ?? service ?? (effect === undefined ? '' : thingOf(effect))
  return `${classOf(first.rule, first.params['access'])} ${thing} ${effect?.host ?? ''}`
}

/** Reading is one kind of act; every way of changing or destroying a protected thing is another, whatever the verb. */
const classOf = (rule: string, access: string | undefined): string =>
  rule.startsWith('protect.') ? `${rule}.${access === 'read' ? 'read' : 'change'}` : rule

function thingOf({ on }: Effect): string {
  switch (on.kind) {
    case 'path':
      return showPath(on.path)
    case 'service':
      return `${on.manager} ${on.name.join('')}`
    case 'database':
      return `${on.engine} ${on.database ?? ''} ${on.object ?? ''}`
    case 'repository':
      return on.at === undefined ? 'repository' : showPath(on.at)
    case 'infra':
      return `${on.platform} ${on.type ?? ''} ${(on.name ?? []).join('')}`
    case 'url':
      return on.url.join('')
    case 'process':
      return `${on.by} ${on.value.join('')}`
    case 'host':
      return 'host'
    case 'program':
      return on.name
  }
}
