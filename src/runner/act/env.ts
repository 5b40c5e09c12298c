// editEnv: the new bytes of a dotenv file from its old ones. Secret values are fetched here and go nowhere but into those bytes.
import { SekishoError } from '../../base/error.ts'
import type { Action } from '../../seal/plan.ts'
import type { ActContext } from './context.ts'

type EditEnv = Extract<Action, { readonly kind: 'editEnv' }>

/** The same old bytes give the same new bytes. Throws SekishoError where a secret is not the approved one. */
export async function editedBytes(
  action: EditEnv,
  old: Buffer,
  c: Pick<ActContext, 'secret' | 'keyed' | 'editDotenv'>,
): Promise<Buffer> {
  const set: Record<string, string> = {}
  for (const { key, to } of action.set) {
    if (to.kind === 'text') {
      set[key] = to.value
      continue
    }
    const value = await c.secret(to.reference, to.version)
    if (c.keyed(value) !== to.keyed)
      throw new SekishoError('file.changed', {
        path: action.path,
        why: `the secret ${to.reference} is not the approved one`,
      })
    set[key] = value.toString('utf8')
  }
  return c.editDotenv(old, { set, unset: action.unset })
}
