// What a change writes into declared data is judged before anybody is asked, by the same rules as backups are: a file that parses and holds
// nothing, or records that break what is declared, is no data (E7).
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { backupsOf, baselineBefore, heldBefore } from '../backup/levels.ts'
import { SekishoError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'
import { instant } from '../base/time.ts'
import { dataDirectoryOf } from '../plans/data-directory.ts'
import { type FileChange } from '../plans/file-state.ts'
import { type Plan, replacedFiles } from '../plans/plan.ts'
import type { Service } from '../plans/policy.ts'
import type { Problem, TrialCheck } from '../seal/journal.ts'
import { childOf, judgeFiles } from '../snapshot/content.ts'
import type { JudgedFile } from '../snapshot/content-task.ts'
import type { RunnerParts } from './parts.ts'

export interface DataJudged {
  readonly verdict: TrialCheck['verdict']
  readonly facts: JsonObject
  readonly problems: readonly Problem[]
}

/** Undefined where the plan writes no data that has rules. */
export async function validateData(
  plan: Plan,
  service: Service,
  parts: RunnerParts,
): Promise<DataJudged | undefined> {
  const files = replacedFiles(plan)
  const all: { readonly path: string; readonly found: JudgedFile | 'absent' | 'not_read' }[] = []
  for (const file of files) {
    const found = await judgeChange(file, service, parts)
    if (found !== undefined) all.push({ path: file.path, found })
  }
  if (all.length === 0) return undefined
  const problems = all.flatMap(({ path, found }): Problem[] => {
    if (found === 'absent') return [{ code: 'data.absent', path, text: '' }]
    if (found === 'not_read') return [{ code: 'data.not_read', path, text: '' }]
    if (found.verdict === 'good') return []
    const text = `${found.fault?.code ?? ''} ${found.fault?.where ?? ''}`.trim()
    return [{ code: found.verdict === 'rubbish' ? 'data.rubbish' : 'data.question', path, text }]
  })
  const records = all.flatMap(({ path, found }) =>
    typeof found === 'string' ? [] : [{ path, records: found.records }],
  )
  const isNotRead = problems.some(({ code }) => code === 'data.not_read')
  return {
    verdict: problems.length === 0 ? 'green' : isNotRead ? 'not_tried' : 'red',
    facts: { data: records },
    problems,
  }
}

async function judgeChange(
  { path, real, after }: FileChange,
  service: Service,
  parts: RunnerParts,
): Promise<JudgedFile | 'absent' | 'not_read' | undefined> {
  const data = dataDirectoryOf(service, path) ?? dataDirectoryOf(service, real)
  if (data === undefined) return undefined
  const below = [path, real].find((one) => one.startsWith(`${data.dir}/`))?.slice(data.dir.length + 1) ?? ''
  const rules = Object.hasOwn(data.invariants, below) ? data.invariants[below] : undefined
  if (rules === undefined && !(data.format === 'json' && below.endsWith('.json'))) return undefined
  if (after.kind === 'absent') return rules === undefined ? undefined : 'absent'
  if (after.kind !== 'file') return 'not_read'
  const known = backupsOf(service.name, parts.journal.index.backups)
  const before = baselineBefore(known, { taken: instant(parts.clock.now()) })
  return judgeBytes(await parts.objects.read('blob', after.digest), parts, {
    path: below,
    ...(rules === undefined ? {} : { rules }),
    ...heldBefore(before, `${data.name}/${below}`),
  })
}

async function judgeBytes(
  bytes: Uint8Array,
  parts: RunnerParts,
  of: Omit<Parameters<typeof judgeFiles>[0][number], 'fd'>,
): Promise<JudgedFile | 'not_read'> {
  const directory = await mkdtemp(join(parts.place.scratch, 'data-'))
  try {
    const file = join(directory, 'file')
    await writeFile(file, bytes, { mode: 0o600 })
    const fd = openSync(file, 'r')
    try {
      const [judged] = await judgeFiles([{ fd, ...of }], childOf(parts, new AbortController().signal))
      return judged ?? 'not_read'
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (error instanceof SekishoError) return 'not_read'
    throw error
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
