// What is printed while a change of code is built, tested and rehearsed.
import type { Both, Language } from './words.ts'

const STEPS: Readonly<Record<string, Both<string>>> = {
  starting: { ja: '始めます', en: 'starting' },
  reading: { ja: 'いまのリポジトリを読んでいます', en: 'reading the repository as it is' },
  importing: { ja: '候補を取り込んで調べています', en: 'taking the candidate in' },
  building: { ja: '候補を組み立てています', en: 'building the candidate' },
  building_deployed: { ja: 'いま動いているコードを組み立てています', en: 'building the deployed code' },
  testing_deployed: { ja: 'いま動いているコードを試験しています', en: 'testing the deployed code' },
  testing: { ja: '候補を試験しています', en: 'testing the candidate' },
  testing_crossed: {
    ja: 'いまの試験で候補を試しています',
    en: 'running the deployed tests on the candidate',
  },
  placing: { ja: '並べて置いています', en: 'laying it out beside' },
  impact: { ja: '影響を調べています', en: 'looking at what it touches' },
  cloning_database: {
    ja: 'データベースを複製し、移行を試しています',
    en: 'cloning the database and trying the migrations',
  },
  rehearsing: { ja: '配置と取り消しを予行しています', en: 'rehearsing the deploy and the way back' },
  clearing: { ja: '片づけています', en: 'clearing away' },
}

export function codeStep(step: string, language: Language): string {
  return STEPS[step]?.[language] ?? step
}

export const CODE_PROGRESS = {
  goesOn: (service: string): Both<string> => ({
    ja: `用意は続いています。同じコマンドでまた見られます。取りやめる: sekisho change cancel --service ${service}`,
    en: `It goes on. The same command shows it again. To end it: sekisho change cancel --service ${service}`,
  }),
  sends: (sent: number, size: number): Both<string> => ({
    ja: `コミットを送っています（${Math.floor((sent / size) * 100)} %）`,
    en: `sending the commit (${Math.floor((sent / size) * 100)} %)`,
  }),
  trying: {
    ja: '用意したものを読み直し、証拠を集めています',
    en: 'reading again what was built, and collecting the evidence',
  },
} as const
