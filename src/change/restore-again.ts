// What to type where data has changed under a restore. The stage shows an earlier moment, so it has to be made again; a revision does not
// help. The commands are made from stage and plan, and never from words that somebody wrote.
import { shellWord } from '../base/shell-word.ts'
import type { BackupWish } from '../plans/restore.ts'
import type { Change } from './change.ts'

const GREW = 'restore.loss_grew'
const CLOCK = 'runner.clock_unsound'
const MOVED: ReadonlySet<string> = new Set([GREW, 'restore.stage_damaged', 'restore.stage_gone', CLOCK])

/** Nothing starts before a person has accepted the clock, so that command comes first. */
export function clockFirst({ state, moved }: Pick<Change, 'state' | 'moved'>): readonly string[] {
  const isClock = state === 'void' && moved.some(({ detail }) => detail['why'] === CLOCK)
  return isClock ? ['sekisho runner clock accept'] : []
}

/** Undefined where something else blocks, and for a change that was stored without its input: a plan alone does not tell what was asked for. */
export function restoreAgain(change: Change): readonly string[] | undefined {
  if (change.pattern !== 'data') return undefined
  const codes = [
    ...change.checks.flatMap(({ problems }) => problems.map(({ code }) => code)),
    ...change.moved.map(({ detail }) => String(detail['why'])),
  ].filter((code) => MOVED.has(code))
  if (codes.length === 0) return undefined
  const line = lineOf(change)
  if (line === undefined) return undefined
  return codes.includes(GREW) && stopsUnit(change) ? [line, `${line} --stop-first`] : [line]
}

function lineOf({ takesBack, wishes, service }: Change): string | undefined {
  if (takesBack !== undefined) return `sekisho change rollback ${takesBack}`
  return wishes.restore === undefined ? undefined : lineOfWish(wishes.restore, service)
}

function lineOfWish({ kind, what, from, copy, mix }: BackupWish, service: string): string {
  return [
    'sekisho restore',
    kind,
    ...(what === undefined ? [] : [shellWord(what)]),
    ...(from === 'last-known-good' ? ['--last-known-good'] : ['--from', from]),
    '--service',
    service,
    ...(copy === undefined ? [] : ['--copy', shellWord(copy)]),
    ...(mix === true ? ['--mix'] : []),
  ].join(' ')
}

/** Without a unit nothing can stop the writers. */
function stopsUnit({ plan }: Change): boolean {
  return plan?.actions.some(({ action }) => action.kind === 'unit' && action.verb === 'stop') ?? false
}
