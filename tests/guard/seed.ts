// Chance that can be had again: every random test of the guard prints its seed, and SEKISHO_SEED takes it. An ordinary run takes the
// same share each time, so that it says something of the change and not of the day; the campaign looks where nobody has looked yet.
import { randomInt } from 'node:crypto'
import { env } from 'node:process'

export const IS_WHOLE = env['SEKISHO_CAMPAIGN'] === 'whole'

const ORDINARY = 33

export function seedOf(name: string): number {
  const seed = Number(env['SEKISHO_SEED'] ?? (IS_WHOLE ? randomInt(1, 2 ** 31) : ORDINARY))
  console.log(`${name}: ${IS_WHOLE ? 'whole' : 'a share'}, SEKISHO_SEED=${seed}`)
  return seed
}

export interface Random {
  /** From 0 up to and without `limit`. */
  readonly below: (limit: number) => number
  readonly pick: <T>(all: readonly T[]) => T
  readonly shuffled: <T>(all: readonly T[]) => readonly T[]
}

/** xorshift32 */
export function randomOf(seed: number): Random {
  let state = (seed | 0) === 0 ? 1 : seed | 0
  const below = (limit: number) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
  return {
    below,
    pick: (all) => all[below(all.length)] as (typeof all)[number],
    shuffled: (all) => {
      const rest = [...all]
      for (let i = rest.length - 1; i > 0; i--) {
        const j = below(i + 1)
        ;[rest[i], rest[j]] = [rest[j] as (typeof rest)[number], rest[i] as (typeof rest)[number]]
      }
      return rest
    },
  }
}
