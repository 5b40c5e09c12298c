// What a report reads out of the entries of an incident, and how it says times and names. Rules.
import { isObject, type JsonObject } from '../base/json.ts'
import type { Entry } from '../ledger/entry.ts'
import type { ReportWords } from '../words/incident-report.ts'
import { listed } from '../words/labels.ts'
import { localTime } from '../words/local-time.ts'
import type { Language } from '../words/words.ts'

export interface ReportSource {
  readonly id: string
  /** All entries of this incident, in order. */
  readonly entries: readonly Pick<Entry, 'kind' | 'at' | 'actor' | 'payload'>[]
  readonly zone: string
  /** A person's name by id. */
  readonly name: (id: string) => string
}

export type Line = ReportSource['entries'][number]
export interface Reading {
  readonly source: ReportSource
  readonly w: ReportWords
  readonly language: Language
}

export const find = ({ source }: Reading, kind: string) =>
  source.entries.find((entry) => entry.kind === `incident.${kind}`)

export const time = ({ source, language }: Reading, at: string) => localTime(at, source.zone, language)

export const minutes = (from: string, until: string, w: ReportWords) =>
  w.minutes(Math.max(0, Math.round((Date.parse(until) - Date.parse(from)) / 60_000)))

export const seconds = (value: unknown) => (typeof value === 'number' ? (value / 1000).toFixed(1) : '?')

export function names(people: readonly string[], { source, w, language }: Reading): string {
  return people.length === 0 ? w.none : listed(people.map(source.name), language)
}

export interface ToldFacts {
  readonly why: string
  readonly people: readonly string[]
}
export function toldOf(payload: JsonObject): readonly ToldFacts[] {
  return array(payload, 'told').flatMap((one) => {
    if (!isObject(one)) return []
    const told = one as JsonObject
    const people = array(told, 'people').filter((each): each is string => typeof each === 'string')
    return [{ why: text(told, 'why') ?? '', people }]
  })
}

export function text(of: JsonObject | undefined, name: string): string | undefined {
  const value = of?.[name]
  return typeof value === 'string' ? value : undefined
}

export function inner(of: JsonObject | undefined, name: string): JsonObject {
  const value = of?.[name]
  return isObject(value) ? (value as JsonObject) : {}
}

export function array(of: JsonObject | undefined, name: string): readonly unknown[] {
  const value = of?.[name]
  return Array.isArray(value) ? value : []
}
