// Why a standing statement ended, in both languages.
import type { Both, Language } from './words.ts'

const WHY: Readonly<Record<string, Both<string>>> = {
  red_proof: {
    ja: '実行のあと、効いていることも健全も確かめられなかった',
    en: 'after a run neither its effect nor health could be shown',
  },
  stuck: { ja: '実行が途中で止まり、人が要った', en: 'a run got stuck and needed a person' },
  failed: { ja: 'コマンドが失敗して終わった', en: 'the command failed' },
  void: { ja: '封のあとで対象が変わった', en: 'a target had moved after the seal' },
  revoked: { ja: '人が取り消した', en: 'a person revoked it' },
  replaced: { ja: '新しい署名に置きかえた', en: 'replaced by a newer signature' },
}

/** On the card of a change for which people are asked again. */
export const STANDING_DEMOTED: Both<(person: string, why: string) => string> = {
  ja: (person, why) => `${person} の事前承認は終わっている: ${why}`,
  en: (person, why) => `the standing decision of ${person} has ended: ${why}`,
}
/** On the record of the change under which it ended. */
export const STANDING_ENDED_BY_IT: Both<(why: string) => string> = {
  ja: (why) => `事前承認はこの実行で終わった: ${why}`,
  en: (why) => `the standing decision ended with this run: ${why}`,
}

/** What a person wrote is shown as it is. */
export const standingWhy = (why: string, language: Language): string => WHY[why]?.[language] ?? why
