// Refusals and failures of incidents and their evidence, in both languages.
import type { ErrorWords } from './words.ts'

export const INCIDENT_ERRORS = {
  'evidence.changed': {
    ja: {
      what: '証拠が変わっています: {incident} の {item}',
      why: '今のバイト列は、記録されたダイジェストと一致しません',
      next: ['sekisho incident verify {incident}'],
    },
    en: {
      what: 'Evidence has changed: {item} of {incident}',
      why: 'its bytes do not have the digest that was recorded',
      next: ['sekisho incident verify {incident}'],
    },
  },
  'evidence.dropped': {
    ja: {
      what: '証拠の実体がありません: {incident} の {item}',
      why: '保全の指定が外れたあとに消されたか、ファイルが取り除かれました',
      next: ['sekisho incident verify {incident}'],
    },
    en: {
      what: 'The bytes of this evidence are gone: {item} of {incident}',
      why: 'it was dropped after its hold had ended, or its file was taken away',
      next: ['sekisho incident verify {incident}'],
    },
  },
  'evidence.quota': {
    ja: {
      what: '証拠を保存できません: {incident} の {item}',
      why: '証拠の上限に達していて、保全の指定がない古い証拠もありません',
      next: ['sudo sekisho evidence release INCIDENT'],
    },
    en: {
      what: 'This evidence cannot be kept: {item} of {incident}',
      why: 'the quota of evidence is used up, and all that is there is held',
      next: ['sudo sekisho evidence release INCIDENT'],
    },
  },
  'evidence.unknown': {
    ja: {
      what: 'その証拠はありません: {incident} {item}',
      why: 'この障害のために保全されたものに、その番号はありません',
      next: ['sekisho incident show {incident}'],
    },
    en: {
      what: 'There is no such evidence: {incident} {item}',
      why: 'nothing that was sealed for this incident has that number',
      next: ['sekisho incident show {incident}'],
    },
  },
} as const satisfies ErrorWords
