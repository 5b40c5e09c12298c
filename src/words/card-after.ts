// What a card says of the time after a change was kept: what its way back needs, and who reaches a host that is opened again.
import type { Both } from './words.ts'

export const CARD_AFTER = {
  /** Of an environment file. */
  undoByValues: {
    ja: (keys: string) => `維持したあとで戻すには、${keys} の前の値が要る（関所は値を残さない）`,
    en: (keys: string) =>
      `once kept, the way back needs the earlier value of ${keys}, which Sekisho does not keep`,
  },
  opensAgain: {
    ja: 'だれからでもこのホストに届くようになる',
    en: 'everybody can reach this host again',
  },
  opensPorts: {
    ja: (ports: string) => `だれからでも ${ports} 番に届くようになる`,
    en: (ports: string) => `opens ports ${ports} to everybody again`,
  },
  sayNothingOfBreakIn: {
    ja: '侵入の跡（知らない鍵、プロセス、待ち受け）が残っていないかは、検査も健全も言わない',
    en: 'neither checks nor health say whether anything of the break-in is left (unknown keys, processes, listeners)',
  },
} as const satisfies Readonly<Record<string, Both<string> | Both<(text: string) => string>>>
