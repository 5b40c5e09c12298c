// Why a restore finds no copy that it may bring back, in both languages.
import { contentFault } from './content-fault.ts'
import type { ErrorWords } from './words.ts'

export const RESTORE_ERRORS = {
  'restore.no_good_backup': {
    ja: (d) => ({
      what: `${d('service')} に、中身の良いバックアップがありません`,
      why: contentFault(d('why'), 'ja'),
      next: [`sekisho backup list --service ${d('service')}`],
    }),
    en: (d) => ({
      what: `${d('service')} has no backup whose content is good`,
      why: contentFault(d('why'), 'en'),
      next: [`sekisho backup list --service ${d('service')}`],
    }),
  },
  'restore.not_read_yet': {
    ja: (d) => ({
      what: `${d('service')} に、まだ読んでいない写しがあります: ${d('names')}`,
      why: 'ほかの仕組みが作ったか、関所の控えが失われました。読んで確かめるまで、復元には使いません',
      next: [`sekisho backup verify --service ${d('service')}`, '読み終わったら、同じ行をもう一度'],
    }),
    en: (d) => ({
      what: `${d('service')} has copies that were not read yet: ${d('names')}`,
      why: 'another job made them, or the journal of ours was lost; nothing is restored of them before they are read',
      next: [`sekisho backup verify --service ${d('service')}`, 'then the same line again'],
    }),
  },
} as const satisfies ErrorWords
