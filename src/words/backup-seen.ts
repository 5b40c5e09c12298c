// What a backup has seen that a person must know though the copy is whole, and what a verification has found.
import { shellWord } from '../base/shell-word.ts'
import type { Both, Sentence } from './words.ts'

export interface BackupSeenWords {
  /** Names below `secret` that no file has: absolute, as they would be at the top of their directory. */
  readonly absentSecrets: (paths: readonly string[]) => Sentence
  /** Files that no restore brings back. */
  readonly setId: (paths: readonly string[]) => Sentence
}

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
  },
}
