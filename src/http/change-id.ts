// The id of a change as it stands in an address. What is none names no change.
import { SekishoError } from '../base/error.ts'
import { type ChangeId, isChangeId } from '../base/id.ts'

/** Throws `change.unknown`. */
export function changeIdOf(text: string | undefined): ChangeId {
  if (!isChangeId(text)) throw new SekishoError('change.unknown', { change: (text ?? '').slice(0, 40) })
  return text
}
