// The level of a copy by name, and of which data directories *content* says no more than that their bytes are the sealed ones.
import { BACKUP_WORDS } from './backup.ts'
import type { Both, Language } from './words.ts'

export const BYTES_ONLY: Both<(names: string) => string> = {
  ja: (names) => `${names} は解析するファイルがなく、バイトの比較だけ`,
  en: (names) => `${names}: bytes compared, nothing to parse`,
}

export function levelText(language: Language, level: string, bytesOnly: string): string {
  const name = BACKUP_WORDS[language].level[level] ?? level
  // An older gate does not say it.
  if (level !== 'content' || bytesOnly === '' || bytesOnly === '…') return name
  const said = BYTES_ONLY[language](bytesOnly)
  return { ja: `${name}（${said}）`, en: `${name} (${said})` }[language]
}
