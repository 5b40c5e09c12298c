// Copies of the files of a migration tool, one tree an execution: they go by the rules of other copies, and the one that approvers are shown differences from
// stays (decision 0148).
import { readdirSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { removeDirectory } from '../host/walk.ts'
import type { Plan } from '../plans/plan.ts'
import { TOOL_TREE } from './act/migrate-by-tool.ts'
import type { RunnerParts } from './parts.ts'
import { copiesOf } from './place.ts'
import { planAt } from './plan-at.ts'
import { type KeptCopies, type RetiredCopy, retiredCopies } from './retention.ts'

/** A copy that was being made when the runner died has this behind its name. */
const UNFINISHED = '.part'

/** Names of whole copies; nothing where there are none. */
export function toolTrees(directory: string): readonly string[] {
  return namesIn(directory).filter((name) => !name.endsWith(UNFINISHED))
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => name.startsWith(TOOL_TREE))
  } catch {
    return []
  }
}

const directoryOf = (plan: Plan | undefined): string | undefined =>
  plan?.actions.flatMap(({ action }) => (action.kind === 'migrateByTool' ? [action.directory] : []))[0]

/** In the order in which they were accepted. Trees of one directory are versions of one thing, whatever line the tool was run by. */
export async function keptTrees({ place, journal, objects }: RunnerParts): Promise<readonly KeptCopies[]> {
  const found: KeptCopies[] = []
  for (const [execution, { plan }] of journal.index.accepted) {
    const directory = copiesOf(place, execution)
    const names = namesIn(directory)
    if (names.length === 0) continue
    const closedAt = journal.index.closedAt.get(execution)
    const declared = directoryOf(await planAt(plan, objects))
    found.push({
      execution,
      files: names.map((name) => ({
        path: declared ?? `/${name.replace(UNFINISHED, '')}`,
        copy: join(directory, name),
      })),
      ...(closedAt === undefined ? {} : { closedAt }),
    })
  }
  return found
}

/** Without the newest tree of a kept execution: what is new in the files is told by it. */
export function retiredTrees(
  trees: readonly KeptCopies[],
  isKept: (execution: KeptCopies['execution']) => boolean,
  now: Parameters<typeof retiredCopies>[1],
): readonly RetiredCopy[] {
  const shown = new Set<string>()
  const seen = new Set<string>()
  for (const { execution, files } of trees.toReversed())
    for (const { path, copy } of files) {
      if (!isKept(execution) || copy.endsWith(UNFINISHED) || seen.has(path)) continue
      seen.add(path)
      shown.add(copy)
    }
  return retiredCopies(trees, now).filter(({ copy }) => !shown.has(copy))
}

/** Its size, when it went or would go. The trees lie in the runner's own state, which nobody else writes. */
export async function treeGoes({ copy }: RetiredCopy, dryRun: boolean): Promise<number> {
  const bytes = await bytesIn(copy)
  if (dryRun) return bytes
  await rm(copy, { recursive: true, force: true })
  // The directory of the execution, where nothing else lies in it.
  await removeDirectory(copy).catch(() => {})
  return bytes
}

async function bytesIn(directory: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size
  return bytes
}
