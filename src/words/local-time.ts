// A moment as people read it: local time with its zone, the same in both languages.
import { localParts } from '../base/local-parts.ts'
import type { Language } from './words.ts'

/** `at`: an instant in ISO 8601; `zone`: a name of IANA. `2026-11-28 21:34:06 JST` */
export function localTime(at: string, zone: string, language: Language): string {
  const part = localParts(at, zone, language === 'ja' ? 'ja-JP' : 'en-GB')
  const day = `${part('year')}-${part('month')}-${part('day')}`
  const time = `${part('hour')}:${part('minute')}:${part('second')}`
  return `${day} ${time} ${zone === 'Asia/Tokyo' ? 'JST' : part('timeZoneName') || zone}`
}

const INSTANT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z(?![\w-])/g

/** The moments in a sentence in the zone of whoever reads, so that a screen has one zone. */
export function withLocalTimes(
  text: string,
  language: Language,
  zone: string = Intl.DateTimeFormat().resolvedOptions().timeZone,
): string {
  return text.replace(INSTANT, (at) => (Number.isNaN(Date.parse(at)) ? at : localTime(at, zone, language)))
}
