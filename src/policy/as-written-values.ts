// Compiled rules by the words of sekisho.yaml: people compare what they wrote with what is about to hold.
import { DAYS } from './values.ts'

export type Written = string | number | boolean | undefined | readonly (string | number)[] | WrittenMap
export interface WrittenMap {
  readonly [key: string]: Written
}

/** The key under which a map says what it is itself: `people.ops1 = person`. */
export const ITSELF = ''

/** Items by their names: a new neighbour moves no other line. Where the order of the items matters, the map itself tells it. */
export function byName<T>(
  items: readonly T[],
  name: (item: T) => string,
  value: (item: T) => WrittenMap,
): WrittenMap {
  return Object.fromEntries(items.map((one) => [name(one), value(one)]))
}

/** Items without names, by their place in the file. */
export function byPlace<T>(
  key: string,
  items: readonly T[],
  value: (item: T) => WrittenMap,
): Readonly<Record<string, WrittenMap>> {
  return Object.fromEntries(items.map((one, i) => [`${key}[${i}]`, value(one)]))
}

const SIZES = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
] as const

/** `64MiB`: the largest unit in which it is a whole number. */
export function showSize(bytes: number): string {
  const [unit, one] = SIZES.find(([, size]) => bytes > 0 && bytes % size === 0) ?? (['B', 1] as const)
  return `${bytes / one}${unit}`
}

export function dayNames(days: readonly number[]): readonly string[] {
  return days.map((one) => DAYS[one] ?? String(one))
}

/** `08:30` of minutes of the day. */
export function timeOfDay(minute: number): string {
  const two = (part: number) => String(part).padStart(2, '0')
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`
}
