// Why no change would start now: the runner does not answer, or it answers and starts nothing.
import type { Status } from '../contract/gate.ts'
import type { Terminal } from './terminal.ts'

/** A short reason why nothing would start now. */
export function runnerTrouble(
  { reachable, trouble }: Status['runner'],
  terminal: Terminal,
): string | undefined {
  if (!reachable) return terminal.pick({ ja: '応答なし', en: 'does not answer' })
  if (trouble === undefined) return undefined
  return terminal.pick({
    ja: {
      disk: '空きが足りず、何も始めません',
      journal: '記録簿が壊れていて、何も始めません',
      clock: '時計が大きくずれていて、何も始めません',
      untrusted: '他人が書き換えられるものがあり、何も始めません',
      ledger: '台帳が検印より古く、何も始めません',
      fork: '台帳が検印したものと違い、何も始めません',
    },
    en: {
      disk: 'too little space: nothing starts',
      journal: 'its journal is damaged: nothing starts',
      clock: 'the clock has jumped: nothing starts',
      untrusted: 'others can change its files: nothing starts',
      ledger: 'the ledger is older than what was signed: nothing starts',
      fork: 'the ledger is not the one that was signed: nothing starts',
    },
  })[trouble]
}
