// What `sekisho status` and `doctor` say of open incidents, and of emergency acts that were not reviewed.

import { BACKUP_WORDS } from './backup.ts'
import { INCIDENT_WORDS } from './incident.ts'
import type { Both, Language, Reader, Sentence } from './words.ts'

const head = (d: Reader, language: Language) =>
  `${d('incident')} ${INCIDENT_WORDS.level[language](Number(d('level')))} ${d('service')}: ${INCIDENT_WORDS.state(d('state'), language)}`
const ago = (d: Reader, language: Language) => BACKUP_WORDS[language].ago(Number(d('ageMs')) || 0)
const next = (d: Reader) => [d('type') === '' ? `sekisho incident next ${d('incident')}` : d('type')]

export const INCIDENT_DOCTOR_WORDS: Readonly<Record<string, Both<(d: Reader) => Sentence>>> = {
  'doctor.incident_open': {
    ja: (d) => ({
      what: `${head(d, 'ja')}（${ago(d, 'ja')}に宣言）`,
      why: d('commander') === '' ? 'まだ誰も対応していません' : `指揮 ${d('commander')}`,
      next: next(d),
    }),
    en: (d) => ({
      what: `${head(d, 'en')} (declared ${ago(d, 'en')})`,
      why: d('commander') === '' ? 'nobody answers for it yet' : `commander ${d('commander')}`,
      next: next(d),
    }),
  },
  'doctor.glass_owed': {
    ja: (d) => ({
      what: `レビューされていない緊急解錠があります: ${d('person')}（${ago(d, 'ja')}）`,
      why: d('reason'),
      next: [`sudo sekisho glass review ${d('glass')} --text "…"`],
    }),
    en: (d) => ({
      what: `A break-glass of ${d('person')} was not reviewed (${ago(d, 'en')})`,
      why: d('reason'),
      next: [`sudo sekisho glass review ${d('glass')} --text "…"`],
    }),
  },
}
