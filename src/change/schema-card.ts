// The rows of a change of a schema on the card: what its rehearsal measured, and what it could not. Every figure is of the trial's facts.
import { isObject, type Json } from '../base/json.ts'
import type { ChangeView } from '../contract/change.ts'
import { visibleLine } from '../words/layout.ts'
import { SCHEMA_CARD, type SchemaCardWords } from '../words/schema-card.ts'
import type { Language } from '../words/words.ts'
import { restoreRehearsed } from './restore-rehearsed.ts'

type Facts = Readonly<Record<string, unknown>>

const factsOf = ({ checks }: Pick<ChangeView, 'checks'>, check: string): Facts => {
  const found = checks.find((one) => one.check === check)
  return found?.verdict === 'pending' ? {} : (found?.facts ?? {})
}
const objects = (value: unknown): readonly Facts[] =>
  Array.isArray(value) ? value.filter((one) => isObject(one as Json)) : []
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
const count = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

/** `mirai  0002.up.sql`. */
export function schemaWhat(view: ChangeView): string {
  const [byTool] = view.steps.filter(({ kind }) => kind === 'migrateByTool').flatMap(({ lines }) => lines)
  if (byTool !== undefined) {
    const [, command = '', of = ''] = /^run (.+) once on database (\S+) as role /.exec(byTool) ?? []
    return `${of}  ${command}`
  }
  const [up = ''] = view.steps.filter(({ kind }) => kind === 'migrate').flatMap(({ lines }) => lines)
  const [, file = '', database = ''] = /^run (\S+) \(\w+\) once on database (\S+) /.exec(up) ?? []
  return `${database}  ${file}`
}

/** How long readers and writers are shut out (S27), the tables, what the clone lacked (N22), what the author accepted. */
export function schemaLines(view: ChangeView, language: Language): readonly string[] {
  const words = SCHEMA_CARD[language]
  const trial = factsOf(view, 'trial')
  const shut = isObject(trial['shut'] as Json) ? (trial['shut'] as Facts) : undefined
  const [writes, reads] = [count(shut?.['writes']), count(shut?.['reads'])]
  const locked = isObject(trial['locked'] as Json) ? Object.keys(trial['locked'] as Facts) : []
  const lines =
    writes === undefined || reads === undefined
      ? [words.notMeasured]
      : [
          locked.length === 0
            ? isByTool(view)
              ? words.noneSeen
              : words.shutsNobody
            : words.shut(
                reads,
                writes,
                named(locked.slice(0, LOCKED_NAMED), locked.length - LOCKED_NAMED, words),
              ),
          words.clone(
            count(trial['tables']) ?? 0,
            count(trial['rows']) ?? 0,
            count(trial['milliseconds']) ?? 0,
          ),
        ]
  const sampled = isObject(trial['sampled'] as Json) ? (trial['sampled'] as Facts) : {}
  const gap = count(sampled['longestGapMs'])
  return [
    ...lines,
    ...(gap === undefined ? [] : [words.sampled(count(sampled['looks']) ?? 0, gap)]),
    ...firstOf(objects(trial['differs']), trial['differsMore'], view, words, (one) =>
      words.differs(String(one['what']), String(one['name']), one['live'], one['clone']),
    ),
    ...toolLines(view, words),
    ...takenLines(view, words),
    ...(typeof trial['makes'] === 'string' ? [words.makes(trial['makes'])] : []),
    ...backLines(view, words),
    ...objects(factsOf(view, 'validation')['accepted']).map((one) =>
      words.accepted(
        String(one['rule']),
        Number(one['line']),
        String(one['reason']),
        typeof one['file'] === 'string' ? one['file'] : undefined,
      ),
    ),
    ...objects(trial['unconfirmed']).map((one) =>
      words.unconfirmed(String(one['rule']), Number(one['line'])),
    ),
    ...objects(trial['held']).map((one) =>
      words.held(String(one['table']), String(one['outcome']), {
        ms: Number(one['milliseconds']),
        ...lockOf(one),
      }),
    ),
    ...(factsOf(view, 'undo')['wayBack'] === 'restore' && writes !== undefined ? [words.heldNotTried] : []),
  ].map((line) => `  ${visibleLine(line)}`)
}

/** Cards of before tell of no limit. */
function lockOf(held: Facts): { lockMs?: number; triedMs?: number } {
  const [lockMs, triedMs] = [count(held['lockMs']), count(held['triedMs'])]
  return lockMs === undefined || triedMs === undefined ? {} : { lockMs, triedMs }
}

/** What statements change and take. Of a change that takes back an earlier one all of it, for its approval is that of these numbers. */
function takenLines(view: ChangeView, words: SchemaCardWords): readonly string[] {
  const trial = factsOf(view, 'trial')
  const moved = (one: Facts) =>
    words.moved(String(one['table']), Number(one['line']), Number(one['changed']), Number(one['deleted']))
  const taken = (one: Facts) =>
    words.atRisk(String(one['table']), one['column'], Number(one['line']), Number(one['rows']))
  if (trial['losses'] !== undefined) {
    const losses = objects(trial['losses'])
    return [...movedOf(losses).map(moved), ...takenOf(losses).map(taken)]
  }
  return [
    ...firstOf(objects(trial['moved']), trial['movedMore'], view, words, moved),
    ...firstOf(objects(trial['atRisk']), trial['atRiskMore'], view, words, taken),
  ]
}

/** Of one kind of line. */
const SHOWN = 20
const LOCKED_NAMED = 5

/** The first lines of a list; behind them how many more there are, and what shows them. `leftOut`: so many the trial itself does not list. */
function firstOf(
  all: readonly Facts[],
  leftOut: unknown,
  { id }: Pick<ChangeView, 'id'>,
  words: SchemaCardWords,
  line: (one: Facts) => string,
): readonly string[] {
  const left = count(leftOut) ?? 0
  const more = Math.max(0, all.length - SHOWN) + left
  const rest = words.more(more, `sekisho change evidence ${id}`, left === 0 ? undefined : all.length)
  return [...all.slice(0, SHOWN).map(line), ...(more === 0 ? [] : [rest])]
}

/** Names on one line, and how many more there are. */
function named(names: readonly string[], more: unknown, words: SchemaCardWords): readonly string[] {
  const left = count(more) ?? 0
  return left > 0 ? [...names, words.others(left)] : names
}

function movedOf(losses: readonly Facts[]): readonly Facts[] {
  const found = new Map<string, { table: unknown; line: unknown; changed: number; deleted: number }>()
  for (const { kind, table, line, statement, rows } of losses) {
    if (kind !== 'updated' && kind !== 'deleted') continue
    const key = JSON.stringify([table, statement])
    const one = found.get(key) ?? { table, line, changed: 0, deleted: 0 }
    one[kind === 'updated' ? 'changed' : 'deleted'] += count(rows) ?? 0
    found.set(key, one)
  }
  return [...found.values()]
}

/** What holds something and goes; changed rows are told as such. */
const takenOf = (losses: readonly Facts[]): readonly Facts[] =>
  losses
    .filter(({ kind, rows }) => kind !== 'updated' && rows !== 0)
    .toSorted((a, b) => Number(a['line']) - Number(b['line']))

/** Of a change that takes back an earlier one: what it loses, also nothing, and what the text alone would have blocked. */
function backLines(view: ChangeView, words: SchemaCardWords): readonly string[] {
  const losses = factsOf(view, 'trial')['losses']
  if (losses === undefined) return []
  const validation = factsOf(view, 'validation')
  return [
    ...objects(losses)
      .filter(({ rows }) => rows === 0)
      .map(({ table, column, line }) =>
        words.losesNothing(
          column === undefined ? String(table) : `${String(table)}.${String(column)}`,
          Number(line ?? 0),
        ),
      ),
    words.boundBack,
    ...objects(factsOf(view, 'trial')['unbounded']).map(({ line, statement }) =>
      words.unbounded(Number(line), String(statement)),
    ),
    ...firstOf(objects(validation['told']), validation['toldMore'], view, words, ({ rule, line, table }) =>
      words.told(String(rule), Number(line), String(table)),
    ),
  ]
}

const isByTool = ({ steps }: Pick<ChangeView, 'steps'>) => steps.some(({ kind }) => kind === 'migrateByTool')

function toolLines(view: ChangeView, words: SchemaCardWords): readonly string[] {
  if (!isByTool(view)) return []
  const trial = factsOf(view, 'trial')
  const status = isObject(trial['status'] as Json) ? (trial['status'] as Facts) : {}
  const [before, after] = texts(status['said'])
  return [
    ...(before === undefined || after === undefined
      ? []
      : [words.byTool(count(factsOf(view, 'validation')['files']) ?? 0, before, after)]),
    ...toolFileLines(view, words),
    words.toolNotMeasured,
    ...firstOf(
      objects(trial['movedTables']),
      trial['movedTablesMore'],
      view,
      words,
      ({ table, before, after }) => words.movedTable(String(table), before, after),
    ),
  ]
}

/** What is new in the files of the tool. A trial of an earlier release has not counted it. */
function toolFileLines(view: ChangeView, words: SchemaCardWords): readonly string[] {
  const counted = factsOf(view, 'validation')['changed']
  if (!isObject(counted as Json)) return []
  const { since, untold, ...rest } = counted as Facts
  const of = (name: string) => count(rest[name]) ?? 0
  const counts = { added: of('added'), changed: of('changed'), removed: of('removed') }
  return [
    words.toolFiles(typeof since === 'string' ? since : undefined, counts),
    ...(count(untold) === undefined || untold === 0 ? [] : [words.toolUntold(Number(untold))]),
  ]
}

/** The way back: its seconds, and what it loses. */
export function schemaUndo(view: ChangeView, language: Language): string {
  const words = SCHEMA_CARD[language]
  const undo = factsOf(view, 'undo')
  if (undo['wayBack'] === 'restore')
    return restoreRehearsed(undo, language) ?? words.onlyRestore(count(undo['restoreMs']) ?? 0)
  const ms = view.undo.milliseconds
  if (ms === undefined) return words.undoNotTried
  const isLossy = objects(undo['notBack']).length > 0
  return [isLossy ? words.undoLossy(ms) : words.undoTried(ms), ...schemaLoss(view, language)]
    .map(visibleLine)
    .join(words.joiner)
}

/** What the way back of the schema loses, and what it keeps. */
export function schemaLoss(view: Pick<ChangeView, 'checks'>, language: Language): readonly string[] {
  const words = SCHEMA_CARD[language]
  const undo = factsOf(view, 'undo')
  const notMeasured = objects(undo['notMeasured']).map(({ table, column }) =>
    column === undefined ? String(table) : `${String(table)}.${String(column)}`,
  )
  const written = objects(undo['written'])
  const goes = texts(undo['onlyNew'])
  const lost = objects(undo['notBack']).map(({ what, rows }) => ({ what: String(what), rows: Number(rows) }))
  const reordered = texts(undo['reordered'])
  return [
    ...(lost.length === 0 ? [] : [words.notBack(lost, count(undo['notBackMore']) ?? 0)]),
    ...(reordered.length === 0 ? [] : [words.reordered(named(reordered, undo['reorderedMore'], words))]),
    ...(written.length === 0 && notMeasured.length === 0
      ? []
      : [
          written.length === 0
            ? words.nothingWritten
            : words.losesNone(
                written.map(({ table, added, changed }) => ({
                  table: String(table),
                  added: count(added) ?? 0,
                  changed: count(changed) ?? 0,
                })),
              ),
        ]),
    ...objects(undo['nulls']).map((one) =>
      words.nulls(
        String(one['table']),
        texts(one['columns']),
        count(one['lost']) ?? 0,
        one['fails'] === true,
      ),
    ),
    ...(goes.length === 0 ? [] : [words.goes(named(goes, undo['onlyNewMore'], words))]),
    ...(notMeasured.length === 0
      ? []
      : [words.tablesNotMeasured(named(notMeasured, undo['notMeasuredMore'], words))]),
  ]
}

/** A change of code may have migrations. */
export function hasMigration({ steps }: Pick<ChangeView, 'steps'>): boolean {
  return steps.some(({ kind }) => kind === 'migrate' || kind === 'migrateByTool')
}

/** Planned beside actual, for the record: what the rehearsal shut out and for how long, and what the run did. */
export function plannedAndActual(
  trial: Facts,
  outcome: Facts | undefined,
  language: Language,
): { readonly planned: string; readonly actual?: string } | undefined {
  const words = SCHEMA_CARD[language]
  const shut = isObject(trial['shut'] as Json) ? (trial['shut'] as Facts) : undefined
  if (shut === undefined) return undefined
  const planned = words.shutFor(Number(shut['reads']), Number(shut['writes']))
  const locked = isObject(outcome?.['locked'] as Json)
    ? Object.values(outcome?.['locked'] as Facts)
    : undefined
  if (locked === undefined) return { planned }
  const most = (key: 'reads' | 'writes') =>
    Math.max(0, ...locked.map((one) => (isObject(one as Json) ? Number((one as Facts)[key]) : 0)))
  return { planned, actual: words.shutFor(most('reads'), most('writes')) }
}
