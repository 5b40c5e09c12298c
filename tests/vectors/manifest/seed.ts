// A number that a random test begins with: printed, and taken again by SEKISHO_SEED.
import { randomInt } from 'node:crypto'
import { environment } from '../../../src/sys/config.ts'

export function seedOf(name: string): number {
  const seed = Number(environment['SEKISHO_SEED'] ?? randomInt(0, 2 ** 31))
  console.log(`${name}: SEKISHO_SEED=${seed}`)
  return seed
}
