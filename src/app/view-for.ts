// A change as one reader sees it.
import type { StoredChange } from '../change/store.ts'
import type { ChangeView } from '../contract/change.ts'
import type { Actor } from '../identity/actor.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { seenBy } from './agents-see.ts'
import type { Gate } from './gate.ts'
import { wholeViewOf } from './view.ts'

export async function wholeViewFor(
  gate: Gate,
  reader: Pick<Actor, 'kind'>,
  stored: StoredChange,
  policy?: CompiledPolicy,
): Promise<ChangeView> {
  return seenBy(reader, await wholeViewOf(gate, stored, policy))
}
