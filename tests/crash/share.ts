// How much of a campaign an ordinary run takes: a seeded fifth. `npm run campaign` takes the whole.
import { randomInt } from 'node:crypto'
import { environment } from '../../src/sys/config.ts'

export const IS_WHOLE = environment['SEKISHO_CAMPAIGN'] === 'whole'

/** Every fifth place (`part`) from a random first one, so that a few runs see them all. The seed is printed: SEKISHO_SEED takes it again. */
export function share<T>(all: readonly T[], name: string, part = 5): readonly T[] {
  if (IS_WHOLE) return all
  const seed = Number(environment['SEKISHO_SEED'] ?? randomInt(0, 2 ** 31))
  console.log(`${name}: one in ${part} of ${all.length}, SEKISHO_SEED=${seed}`)
  return all.filter((_, i) => i % part === seed % part)
}

/** Of a few places one, so that a few runs see them all. */
export function one<T>(all: readonly T[], name: string): readonly T[] {
  if (IS_WHOLE) return all
  const seed = Number(environment['SEKISHO_SEED'] ?? randomInt(0, 2 ** 31))
  console.log(`${name}: one of ${all.length}, SEKISHO_SEED=${seed}`)
  return all.filter((_, i) => i === seed % all.length)
}

export function times(whole: number): number {
  return IS_WHOLE ? whole : Math.ceil(whole / 5)
}
