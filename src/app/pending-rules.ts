// Is what stands in sekisho.yaml what is in force? Rules that were edited and not applied, or cannot be, hold for nobody.

import { readPolicy } from '../policy/read.ts'
import { MAX_TEXT } from '../policy/reading.ts'
import { readRegular } from '../sys/files.ts'

export type Pending =
  | { readonly state: 'edited' | 'missing' }
  | { readonly state: 'broken'; readonly problems: number }

/** Undefined where it is the same, or cannot be read here. */
export async function pendingRules(source: string, version: string): Promise<Pending | undefined> {
  let text: string
  try {
    const file = await readRegular(source, MAX_TEXT)
    if (file === undefined) return { state: 'missing' }
    text = file.bytes.toString('utf8')
  } catch {
    return undefined
  }
  const read = readPolicy(text)
  if (!read.ok) return { state: 'broken', problems: read.problems.length }
  return read.compiled.runner.version === version ? undefined : { state: 'edited' }
}
