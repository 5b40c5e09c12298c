// What a verification has read, of how many copies, and how old the readings of the others are.
import { BACKUP_WORDS } from './backup.ts'
import type { Both } from './words.ts'

/** How long ago the others were read, first and last. */
export interface ReadAges {
  readonly youngestMs: number
  readonly oldestMs: number
}

export interface BackupRead {
  readonly now: (count: number, of: number, damaged: number) => string
  /** `never`: of how many there is no reading; without `ages` of none. */
  readonly before: (count: number, never: number, ages: ReadAges | undefined) => string
}

export const BACKUP_READ: Both<BackupRead> = {
  ja: {
    now: (count, of, damaged) =>
      `読み直した写し: ${of} 件のうち ${count} 件、すべてのバイト${damaged === 0 ? '' : `（うち ${damaged} 件が壊れています）`}`,
    before: (count, never, ages) =>
      ages === undefined
        ? `残りの ${count} 件は、一度も読み直していません`
        : `残りの ${count} 件は今回読んでいません。前に読んだのは ${agesText('ja', ages, 'から')}${never === 0 ? '' : `、一度も読み直していないもの ${never} 件`}`,
  },
  en: {
    now: (count, of, damaged) =>
      `read again now: ${count} of ${of} copies, every byte${damaged === 0 ? '' : `; ${damaged} of them ${damaged === 1 ? 'is' : 'are'} damaged`}`,
    before: (count, never, ages) =>
      ages === undefined
        ? `${othersText(count)} never read again`
        : `${othersText(count)} not read now; last read ${agesText('en', ages, ' to ')}${never === 0 ? '' : `, ${never} of them never`}`,
  },
}

/** One age where both read alike. */
function agesText(language: 'ja' | 'en', { youngestMs, oldestMs }: ReadAges, between: string): string {
  const { ago } = BACKUP_WORDS[language]
  return [...new Set([ago(youngestMs), ago(oldestMs)])].join(between)
}

function othersText(count: number): string {
  return count === 1 ? 'the other one was' : `the other ${count} were`
}
