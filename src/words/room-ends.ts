// How a run in a room ended other than by itself, as a part of a sentence.
import type { Both, Language } from './words.ts'

const ENDS: Readonly<Record<string, Both<string>>> = {
  time: { ja: '時間内に終わりませんでした', en: 'it took longer than it may' },
  memory: { ja: 'メモリーの上限を超えました', en: 'it took more memory than a room may' },
  processes: { ja: 'プロセス数の上限を超えました', en: 'it started more processes than a room may' },
  output: { ja: '画面への出力が上限を超えました', en: 'it printed more than a room may' },
  disk: { ja: 'ディスクの上限を超えました', en: 'it wrote more than a room may' },
  files: { ja: 'ファイル数の上限を超えました', en: 'it made more files than a room may' },
  signal: { ja: 'シグナルで終わりました', en: 'a signal ended it' },
  cancelled: { ja: '途中で止められました', en: 'it was stopped' },
  unavailable: { ja: 'このホストでは隔離した場所を用意できません', en: 'this host puts up no room' },
  'not limited': {
    ja: 'このホストではメモリーとプロセス数を制限できません',
    en: 'this host cannot limit its memory and its processes',
  },
}

export function roomEnd(ended: string, language: Language): string {
  return ENDS[ended]?.[language] ?? ended
}
