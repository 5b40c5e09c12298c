// The rules that came into force here, line by line: written when they are taken, and told to a gate that was not there (spine §1).
import { dirname, join } from 'node:path'
import { type Digest, isDigest } from '../../base/hash.ts'
import { isObject, parseJson } from '../../base/json.ts'
import type { Answers } from '../../seal/protocol.ts'
import type { ReadAnswer } from '../../seal/reads.ts'
import { readRegular } from '../../sys/files.ts'
import { lineText } from '../journal/line.ts'
import type { RunnerParts } from '../parts.ts'
import { untrusted } from '../trust.ts'

/** What one answer may hold; the gate asks again for the rest. */
const LINES = 200
const APPLIED_LIMIT = 4096

/** The compiled file was written: read again, and on the journal where it is another version than the one in force. */
export async function takeRules(by: string, parts: RunnerParts): Promise<Answers['policy']> {
  const [first] = await parts.untrusted()
  if (first !== undefined) throw untrusted(first)
  const before = parts.policies.loaded ? parts.policies.current.version : undefined
  const { version } = await parts.policies.load()
  if (version !== before) await write(version, before, by, parts)
  return { version }
}

/**
 * At a start: a version that was applied while no runner was there. Who did it is said by what `config apply` left beside the compiled
 * file, which nobody writes who could not write the rules.
 */
export async function findRules(policyFile: string, parts: RunnerParts): Promise<void> {
  if (!parts.policies.loaded) return
  const { version } = parts.policies.current
  const last = parts.journal.rest.findLast(({ body }) => body.kind === 'policy')?.body
  const before = last?.kind === 'policy' ? last.version : undefined
  if (version !== before) await write(version, before, await appliedBy(policyFile, version), parts)
}

async function write(version: Digest, before: Digest | undefined, by: string, { journal }: RunnerParts) {
  await journal.append('policy', {
    kind: 'policy',
    version,
    ...(before === undefined ? {} : { before }),
    by,
  })
}

async function appliedBy(policyFile: string, version: Digest): Promise<string> {
  try {
    const file = await readRegular(join(dirname(policyFile), 'applied.json'), APPLIED_LIMIT)
    const value = file === undefined ? undefined : parseJson(file.bytes.toString('utf8'))
    if (!isObject(value) || !isDigest(value['version']) || value['version'] !== version) return 'unknown'
    return typeof value['by'] === 'string' ? value['by'].slice(0, 200) : 'unknown'
  } catch {
    return 'unknown' // The rules hold all the same.
  }
}

/** Lines of this kind from a `seq` on, as they stand in the journal. */
export function linesOf(
  of: 'policy' | 'backup' | 'statement' | 'isolation' | 'glass' | 'code',
  from: number,
  { journal }: RunnerParts,
): ReadAnswer {
  const lines = journal.rest.filter(({ seq, body }) => seq >= from && body.kind === of)
  return { kind: 'lines', lines: lines.slice(0, LINES).map(lineText), last: lines.length <= LINES }
}
