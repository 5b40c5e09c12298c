// A plan from the runner's own store, read as strictly as when it was put.
import { decode } from '../base/decode.ts'
import type { Digest } from '../base/hash.ts'
import { parseCanonical } from '../base/json.ts'
import { type Plan, plan } from '../plans/plan.ts'
import type { Objects } from './objects.ts'

/** Undefined where it is not there any more, or cannot be read. */
export async function planAt(digest: Digest, objects: Objects): Promise<Plan | undefined> {
  const bytes = await objects.read('plan', digest).catch(() => undefined)
  if (bytes === undefined) return undefined
  const read = decode(plan, parseCanonical(bytes.toString('utf8')))
  return read.ok ? read.value : undefined
}
