// Takes away the copies that the rules of retention.ts let go, each by the descriptor of its directory and only under the name that this
// runner gave it. A dry run only says which.
import { lstat, rm, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import type { ExecutionId } from '../base/id.ts'
import { instant } from '../base/time.ts'
import { holdDirectory, removeDirectory } from '../host/walk.ts'
import type { Answers } from '../seal/protocol.ts'
import { executionTail } from './act/copies.ts'
import type { RunnerParts } from './parts.ts'
import { copiesOf } from './place.ts'
import { type KeptCopies, type RetiredCopy, retiredCopies } from './retention.ts'
import { keptTrees, retiredTrees, treeGoes } from './tool-copies.ts'

/** What an answer lists; a frame holds 1 MiB. */
const SHOWN = 500

/** Throws runner.clock_unsound: a clock that jumped ahead would let everything go. */
export async function prune(parts: RunnerParts, dryRun: boolean): Promise<Answers['prune']> {
  const { journal, clock, mark } = parts
  const sound = await mark.check()
  if (!sound.sound) throw new SekishoError('runner.clock_unsound', { why: sound.why ?? '' })
  if (journal.damage !== undefined)
    throw new SekishoError('runner.journal_damaged', { path: journal.damage.path, why: journal.damage.why })
  const now = instant(clock.now())
  const all = keptCopies(parts)
  const retired = retiredCopies(all, now)
  const trees = await keptTrees(parts)
  const isKept = (execution: ExecutionId) => journal.index.closed.get(execution)?.outcome === 'kept'
  const retiredOfTools = retiredTrees(trees, isKept, now)
  const gone: (RetiredCopy & { readonly bytes: number })[] = []
  for (const one of retired) {
    const bytes = await goes(one, dryRun)
    if (bytes !== undefined) gone.push({ ...one, bytes })
  }
  if (!dryRun) {
    // The marks of new directories lie beside the copies in the runner's own state.
    const names = new Set(retired.map(({ copy }) => copy))
    for (const { execution, files } of all)
      if (files.length > 0 && files.every(({ copy }) => names.has(copy)))
        await rm(join(copiesOf(parts.place, execution), 'new-directories'), { recursive: true, force: true })
  }
  for (const one of retiredOfTools) gone.push({ ...one, bytes: await treeGoes(one, dryRun) })
  const counted = (of: readonly KeptCopies[]) => of.reduce((sum, { files }) => sum + files.length, 0)
  return {
    copies: gone.slice(0, SHOWN),
    count: gone.length,
    bytes: gone.reduce((sum, { bytes }) => sum + bytes, 0),
    kept: counted(all) + counted(trees) - retired.length - retiredOfTools.length,
  }
}

function keptCopies({ journal }: RunnerParts): readonly KeptCopies[] {
  return [...journal.index.accepted.keys()].map((execution) => {
    const closedAt = journal.index.closedAt.get(execution)
    const files = (journal.known(execution)?.lines ?? []).flatMap(({ body }) =>
      body.kind === 'copies' ? body.files : [],
    )
    return { execution, files, ...(closedAt === undefined ? {} : { closedAt }) }
  })
}

/** Its size, when it went or would go. What is gone already, is no file, or has a link on its way stays as it is. */
async function goes({ execution, copy }: RetiredCopy, dryRun: boolean): Promise<number | undefined> {
  if (!copy.endsWith(executionTail(execution))) return undefined
  try {
    const bytes = await sizeAndUnlink(copy, dryRun)
    if (bytes === undefined || dryRun) return bytes
    // The directories that were made for it, as far up as the one that bears the execution's name.
    const name = executionTail(execution).slice(1)
    for (let at = copy; dirname(at).includes(`/${name}`); at = dirname(at)) {
      await removeDirectory(at)
      if (basename(dirname(at)) === name) break
    }
    return bytes
  } catch (error) {
    if (error instanceof SekishoError) return undefined
    throw error
  }
}

async function sizeAndUnlink(copy: string, dryRun: boolean): Promise<number | undefined> {
  await using held = await holdDirectory(copy)
  const at = held.at(held.name)
  const found = await lstat(at).catch(() => undefined)
  if (!found?.isFile()) return undefined
  if (!dryRun) {
    await unlink(at)
    await held.sync()
  }
  return found.size
}
