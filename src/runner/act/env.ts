// editEnv: the new bytes of a dotenv file from its old ones. Secret values are fetched here and go nowhere but into those bytes.
import { SekishoError } from '../../base/error.ts'
import { editDotenv } from '../../host/dotenv.ts'
import { type Action } from '../../plans/actions.ts'
import type { ActContext } from './context.ts'

type EditEnv = Extract<Action, { readonly kind: 'editEnv' }>

/** The same old bytes give the same new bytes. Throws SekishoError `file.changed` where it cannot be done as approved. */
export async function editedBytes(
  action: EditEnv,
  old: Buffer,
  c: Pick<ActContext, 'secret' | 'keyed'>,
): Promise<Buffer> {
  const set: { key: string; value: string }[] = []
  for (const { key, to } of action.set) {
    if (to.kind === 'text') {
      set.push({ key, value: to.value })
      continue
    }
    const value = await c.secret(to.reference, to.version)
    if (c.keyed(value) !== to.keyed)
      throw new SekishoError('file.changed', {
        path: action.path,
        why: `the secret ${to.reference} is not the approved one`,
      })
    set.push({ key, value: value.toString('utf8') })
  }
  const edited = editDotenv(old, { set, unset: action.unset })
  if (edited.ok) return Buffer.from(edited.bytes)
  const { problem } = edited
  const why =
    problem.kind === 'file'
      ? `line ${problem.problem.line}: ${problem.problem.why}`
      : `${problem.key}: ${problem.kind}`
  throw new SekishoError('file.changed', { path: action.path, why })
}
