// What is new in the files of a declared command since the last kept change by it: the copy of that execution is what is compared with.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { commandTarget, type ExecutionId, type ServiceName } from '../../base/id.ts'
import { isCredentialPath } from '../../guard/credential-path.ts'
import { isSecret } from '../../host/file-facts.ts'
import type { DeclaredCommand } from '../../plans/command-rules.ts'
import { commandIn, commandNamed } from '../../plans/playbooks/command.ts'
import { serviceOf } from '../../plans/policy.ts'
import { readToolFiles, type ToolFilesHands } from '../../schema/tool-files.ts'
import type { ReadAnswer } from '../../seal/reads.ts'
import { requireOwnPlaces } from '../act/command-places.ts'
import { COMMAND_TREE } from '../act/exec.ts'
import type { RunnerParts } from '../parts.ts'
import { copiesOf } from '../place.ts'
import { planAt } from '../plan-at.ts'
import { redact } from '../redact.ts'
import { filesPage } from '../tool-files.ts'
import { secretValues } from '../verbs/read.ts'

/** Throws exec.not_declared. */
function declared(service: ServiceName, name: string, { policies }: RunnerParts) {
  const found = serviceOf(policies.current, service)
  const command = found === undefined ? undefined : commandNamed(found, name)
  if (command !== undefined) return command
  throw new SekishoError('exec.not_declared', {
    service,
    command: name,
    declared: (found?.commands ?? []).map((one) => one.name),
  })
}

export async function commandFilesHands(
  service: ServiceName,
  name: string,
  parts: RunnerParts,
): Promise<ToolFilesHands & { readonly since?: ExecutionId }> {
  const { directory } = declared(service, name, parts)
  const values = await secretValues(parts)
  const policy = parts.policies.current
  const kept = await lastKept({ service, directory, name }, parts)
  return {
    leave: (path) => isSecret(policy, path),
    withhold: isCredentialPath,
    redact: (text) => redact(text, values),
    ...(kept === undefined ? {} : { before: kept.tree, since: kept.execution }),
  }
}

/** INVARIANT: of this service: those who approve for another one have seen nothing for it. A run under a standing statement had files that people approved. */
async function lastKept(
  {
    service,
    directory,
    name,
  }: Pick<DeclaredCommand, 'directory' | 'name'> & { readonly service: ServiceName },
  { place, journal, host, objects }: RunnerParts,
): Promise<{ readonly execution: ExecutionId; readonly tree: string } | undefined> {
  const target = commandTarget(host, directory)
  const { accepted, closed } = journal.index
  const executions = [...accepted].filter(
    ([execution, { fences }]) =>
      closed.get(execution)?.outcome === 'kept' && fences.some((one) => one.target === target),
  )
  for (const [execution, { plan }] of executions.toReversed()) {
    const of = await planAt(plan, objects)
    if (of?.service !== service || commandIn(of)?.name !== name) continue
    const tree = join(copiesOf(place, execution), COMMAND_TREE)
    if (existsSync(tree)) return { execution, tree }
  }
  return undefined
}

/** The names, and as many texts from the `from`th on as one answer holds. Throws exec.not_declared, exec.place_open, schema.tool_files_*. */
export async function commandFilesVerb(
  { service, name, from }: { readonly service: ServiceName; readonly name: string; readonly from: number },
  parts: RunnerParts,
): Promise<ReadAnswer> {
  const command = declared(service, name, parts)
  const { directory } = command
  await requireOwnPlaces(command)
  const { files, changed, texts } = await readToolFiles(
    directory,
    await commandFilesHands(service, name, parts),
  )
  return { kind: 'commandFiles', files, changed, ...filesPage(texts, from) }
}
