// What a backup has seen that a person must know though the copy is whole, and what a verification has found.
import { shellWord } from '../base/shell-word.ts'
import type { Both, Sentence } from './words.ts'

export interface BackupSeenWords {
  /** Names below `secret` that no file has: absolute, as they would be at the top of their directory. */
  readonly absentSecrets: (paths: readonly string[]) => Sentence
  /** Files that no restore brings back. */
  readonly setId: (paths: readonly string[]) => Sentence
  /** Copies right in the place `to`, and not in its `daily`. */
  readonly misplaced: (names: string, to: string) => Sentence
  /** `first`: the directory of one of them. */
  readonly noChecksums: (names: string, first: string, service: string) => Sentence
  /** So many of what is named above and not known stand on no list. */
  readonly moreFound: (count: number) => Sentence
  /** Archives that nobody has read yet. */
  readonly packed: (names: string, service: string) => Sentence
  /** Of a copy that is not what was sealed. */
  readonly suspect: (copy: SuspectCopy) => Sentence
  /** What now: the others that are sound, as ID and target. */
  readonly afterSuspect: (sound: readonly string[], service: string) => readonly string[]
}

export interface SuspectCopy {
  readonly backup: string
  readonly copy: string
  /** A code of the journal. */
  readonly why: string
  /** The file, where one was named. */
  readonly path: string
}

const SUSPECT_WHY: Both<Readonly<Record<string, string>>> = {
  ja: {
    digest: '中身が、封をしたときと違います',
    names: 'ファイルの有無や種類が、封をしたときと違います',
    unreadable: '読めません',
    shared: '壊れたファイルを、ほかの写しと共有しています',
    gone: '写しがそこにありません',
  },
  en: {
    digest: 'its bytes are not what was sealed',
    names: 'files are missing, too many, or of another kind than was sealed',
    unreadable: 'it cannot be read',
    shared: 'it shares a file that is damaged with another copy',
    gone: 'the copy is not there',
  },
}

const isDaily = (to: string) => /\/daily\/*$/.test(to)
const above = (to: string) => to.replace(/\/+daily\/*$/, '') || '/'

const named = ({ backup, copy, path }: SuspectCopy) => `${backup} (${copy})${path === '' ? '' : `  ${path}`}`

export const BACKUP_SEEN: Both<BackupSeenWords> = {
  ja: {
    absentSecrets: (paths) => ({
      what: `secret に書いた名前のファイルがありません: ${paths.join('  ')}`,
      why: '名前が違えば、本当の秘密は写しに平文で入っています。消えたのなら、その秘密はこの写しにありません',
      next: [
        '名前が違うなら: sekisho.yaml の secret を直して、sekisho config apply、sekisho backup run。平文で入った秘密は替える',
        '消えたのなら: そのファイルを戻す。要らないなら secret から名前を消す',
      ],
    }),
    setId: (paths) => ({
      what: `このままでは戻せません: ${paths.join('  ')}`,
      why: 'setuid または setgid の付いたファイルは、写しから戻しません',
      next: [...paths.map((path) => `chmod ug-s ${shellWord(path)}`), 'sekisho backup run'],
    }),
    misplaced: (names, to) => ({
      what: `見つけられない場所に写しがあります: ${to} の ${names}`,
      why: '写しは to の下の daily にあるものを読みます',
      next: isDaily(to)
        ? [`sekisho.yaml の to に、一つ上を書く: ${above(to)}`, 'sekisho config apply']
        : [`写しの場所が to なら: mkdir -p ${shellWord(`${to}/daily`)}、写しをその中へ移す`],
    }),
    noChecksums: (names, first, service) => ({
      what: `checksums.sha256 のない写しがあります: ${names}`,
      why: '作り終えたかどうかを示すものがないので、最後の変更から 1 時間後に取り込みます。checksums.sha256 があれば、すぐに取り込みます',
      next: [
        `cd ${first} && find . -type f ! -name checksums.sha256 -exec sha256sum {} + > checksums.sha256`,
        `sekisho backup verify --service ${service}`,
      ],
    }),
    moreFound: (count) => ({
      what: `一覧にない、写しとして知られていないものが、ほかに ${count} 件あります`,
    }),
    packed: (names, service) => ({
      what: `まだ取り込んでいない tar があります: ${names}`,
      why: '照合のときに開いて取り込みます。開いた写しは、データと同じだけの容量を使い、自動では消えません。tar は変えません',
      next: [
        `読める tar のうち新しい 3 つに入るもの: sekisho backup verify --service ${service}。それより古いものは --all まで待ちます`,
        `すべて: sekisho backup verify --all --service ${service}`,
      ],
    }),
    suspect: (copy) => ({
      what: `写しが壊れています: ${named(copy)}`,
      why: SUSPECT_WHY.ja[copy.why] ?? copy.why,
    }),
    afterSuspect: (sound, service) => [
      sound.length === 0 ? '使える写しはほかにありません' : `使える写し: ${sound.join('  ')}`,
      `sekisho backup run --service ${service}`,
    ],
  },
  en: {
    absentSecrets: (paths) => ({
      what: `No file has the name that stands below secret: ${paths.join('  ')}`,
      why: 'if the name is wrong, the real secret stands in the copies in the clear; if the file is gone, this copy does not hold it',
      next: [
        'the name is wrong: correct secret in sekisho.yaml, then sekisho config apply and sekisho backup run; replace the secret that stood in the clear',
        'the file is gone: bring it back, or take its name from secret',
      ],
    }),
    setId: (paths) => ({
      what: `It cannot be restored as it is: ${paths.join('  ')}`,
      why: 'files with setuid or setgid are never brought back from a copy',
      next: [...paths.map((path) => `chmod ug-s ${shellWord(path)}`), 'sekisho backup run'],
    }),
    misplaced: (names, to) => ({
      what: `Copies lie where they are not found: ${names} in ${to}`,
      why: 'copies are read in daily below to',
      next: isDaily(to)
        ? [`write the directory above at to in sekisho.yaml: ${above(to)}`, 'sekisho config apply']
        : [`mkdir -p ${shellWord(`${to}/daily`)}, and move them into it`],
    }),
    noChecksums: (names, first, service) => ({
      what: `Copies lie there without checksums.sha256: ${names}`,
      why: 'nothing shows that their maker is done: they are taken over an hour after their last change, and at once when checksums.sha256 is there',
      next: [
        `cd ${first} && find . -type f ! -name checksums.sha256 -exec sha256sum {} + > checksums.sha256`,
        `sekisho backup verify --service ${service}`,
      ],
    }),
    moreFound: (count) => ({ what: `${count} more lie there that are no known copies and are not listed` }),
    packed: (names, service) => ({
      what: `Archives (tar) are not taken over yet: ${names}`,
      why: 'they are unpacked when copies are read. What is unpacked takes the room of the data once more and stays; the archive is not altered',
      next: [
        `those among the three newest that can be read: sekisho backup verify --service ${service}; older ones wait for --all`,
        `all: sekisho backup verify --all --service ${service}`,
      ],
    }),
    suspect: (copy) => ({
      what: `A copy is damaged: ${named(copy)}`,
      why: SUSPECT_WHY.en[copy.why] ?? copy.why,
    }),
    afterSuspect: (sound, service) => [
      sound.length === 0 ? 'no other copy is sound' : `copies that are sound: ${sound.join('  ')}`,
      `sekisho backup run --service ${service}`,
    ],
  },
}
