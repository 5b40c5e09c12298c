// What is new in the files of a migration tool since the last kept change by it: the copies of that execution are what is compared with.
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { type ExecutionId, schemaTarget } from '../base/id.ts'
import { isCredentialPath } from '../guard/credential-path.ts'
import { isSecret } from '../host/file-facts.ts'
import { readToolFiles, type ToolFilesHands } from '../schema/tool-files.ts'
import type { ReadAnswer } from '../seal/reads.ts'
import type { RunnerParts } from './parts.ts'
import { copiesOf } from './place.ts'
import { planAt } from './plan-at.ts'
import { redact } from './redact.ts'
import { toolTrees } from './tool-copies.ts'
import { secretValues } from './verbs/read.ts'

type Answer = Extract<ReadAnswer, { readonly kind: 'toolFiles' | 'commandFiles' }>

/** Texts of one answer, in base64: a frame holds 1 MiB, and the names stand in each. */
const ANSWER_BYTES = 480_000

export async function toolFilesHands(
  port: number,
  database: string,
  parts: RunnerParts,
): Promise<ToolFilesHands & { readonly since?: ExecutionId }> {
  const values = await secretValues(parts)
  const policy = parts.policies.current
  const kept = await lastKept(port, database, parts)
  return {
    leave: (path) => isSecret(policy, path),
    withhold: isCredentialPath,
    redact: (text) => redact(text, values),
    ...(kept === undefined ? {} : { before: kept.tree, since: kept.execution }),
  }
}

/** Whose files approvers were shown: a plan of an earlier release names none, and nothing is compared with its copies. */
async function lastKept(port: number, database: string, { place, journal, host, objects }: RunnerParts) {
  const target = schemaTarget(host, port, database)
  const { accepted, closed } = journal.index
  const executions = [...accepted].filter(
    ([execution, { fences }]) =>
      closed.get(execution)?.outcome === 'kept' && fences.some((one) => one.target === target),
  )
  for (const [execution, { plan }] of executions.toReversed()) {
    const actions = (await planAt(plan, objects))?.actions ?? []
    if (!actions.some(({ action }) => action.kind === 'migrateByTool' && action.changed !== undefined))
      continue
    const directory = copiesOf(place, execution)
    const [tree] = toolTrees(directory)
    if (tree !== undefined) return { execution, tree: join(directory, tree) }
  }
  return undefined
}

/** The names, and as many texts from the `from`th on as one answer holds. Throws schema.not_by_tool, schema.tool_files_*. */
export async function toolFilesVerb(
  { port, database, from }: { readonly port: number; readonly database: string; readonly from: number },
  parts: RunnerParts,
): Promise<Answer> {
  const declared = parts.policies.current.services
    .flatMap(({ databases = [] }) => databases)
    .find((one) => one.port === port && one.name === database)
  const directory = declared?.migrations?.tool?.directory
  if (directory === undefined) throw new SekishoError('schema.not_by_tool', { database })
  const { files, changed, texts } = await readToolFiles(
    directory,
    await toolFilesHands(port, database, parts),
  )
  return { kind: 'toolFiles', files, changed, ...filesPage(texts, from) }
}

/** As many texts from the `from`th on as one answer holds. */
export function filesPage(texts: ReadonlyMap<Digest, Buffer>, from: number): Pick<Answer, 'texts' | 'next'> {
  const page: { readonly digest: Digest; readonly base64: string }[] = []
  let bytes = 0
  let at = from
  const all = [...texts]
  for (; at < all.length; at++) {
    const [digest, text] = all[at] ?? []
    if (digest === undefined || text === undefined) break
    const base64 = text.toString('base64')
    if (page.length > 0 && bytes + base64.length > ANSWER_BYTES) break
    bytes += base64.length
    page.push({ digest, base64 })
  }
  return { texts: page, ...(at < all.length ? { next: at } : {}) }
}
