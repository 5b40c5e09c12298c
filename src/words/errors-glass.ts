// Refusals of break-glass, in both languages.
import { changeRun, type ErrorWords } from './words.ts'

export const GLASS_ERRORS = {
  'glass.held': {
    ja: (d) => ({
      what: `${d('service')} では変更を実行しています`,
      why: `${d('execution')} が終わるまで、緊急の操作はできません`,
      next: [`sekisho change wait ${changeRun(d)}`],
    }),
    en: (d) => ({
      what: `A change is running on ${d('service')}`,
      why: `an emergency act waits until ${d('execution')} has ended`,
      next: [`sekisho change wait ${changeRun(d)}`],
    }),
  },
  'glass.not_covered': {
    ja: {
      what: '緊急解錠に含まれていません: {service} の {verb}',
      why: '署名されたのは {verbs}（{services}）です',
      next: ['sudo sekisho glass run {verb} --service {service} --reason "…"'],
    },
    en: {
      what: 'The break-glass does not cover {verb} of {service}',
      why: 'it was signed for {verbs} of {services}',
      next: ['sudo sekisho glass run {verb} --service {service} --reason "…"'],
    },
  },
  'glass.over': {
    ja: {
      what: '緊急解錠の期限が切れています: {glass}',
      why: '{expires} までのものでした',
      next: ['sudo sekisho glass list'],
    },
    en: {
      what: 'The break-glass {glass} has ended',
      why: 'it held until {expires}',
      next: ['sudo sekisho glass list'],
    },
  },
  'glass.own_review': {
    ja: {
      what: '自分の緊急解錠は、自分ではレビューできません',
      why: 'ほかにレビューできる人がいます: {others}',
      next: ['sudo sekisho glass list'],
    },
    en: {
      what: 'Nobody reviews their own break-glass',
      why: 'others can: {others}',
      next: ['sudo sekisho glass list'],
    },
  },
  'glass.review_owed': {
    ja: {
      what: '{person} の緊急解錠は、まだレビューされていません: {glass}',
      why: '{at} のレビューが済むまで、次の緊急解錠はできません',
      next: ['sudo sekisho glass review {glass} --text "…"'],
    },
    en: {
      what: 'The last break-glass of {person} was not reviewed yet: {glass}',
      why: 'there is no other one until that of {at} was reviewed',
      next: ['sudo sekisho glass review {glass} --text "…"'],
    },
  },
  'glass.review_overdue': {
    ja: {
      what: '{person} の緊急解錠が、72 時間たってもレビューされていません: {glass}',
      why: '{at} のレビューが済むまで、この人の変更は進みません',
      next: ['sudo sekisho glass review {glass} --text "…"'],
    },
    en: {
      what: 'A break-glass of {person} was not reviewed within 72 hours: {glass}',
      why: 'no change of theirs goes on until that of {at} was reviewed',
      next: ['sudo sekisho glass review {glass} --text "…"'],
    },
  },
  'glass.too_long': {
    ja: {
      what: '緊急解錠は {minutes} 分までです',
      next: ['sudo sekisho glass run restart --service S --reason "…"'],
    },
    en: {
      what: 'A break-glass holds for {minutes} minutes at most',
      next: ['sudo sekisho glass run restart --service S --reason "…"'],
    },
  },
  'glass.unknown': {
    ja: { what: 'その緊急解錠はありません: {glass}', next: ['sudo sekisho glass list'] },
    en: { what: 'There is no such break-glass: {glass}', next: ['sudo sekisho glass list'] },
  },
} as const satisfies ErrorWords
