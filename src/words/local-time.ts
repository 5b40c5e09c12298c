// A moment as people read it: local time with its zone, the same in both languages.
import type { Language } from './words.ts'

/** `at`: an instant in ISO 8601; `zone`: a name of IANA. `2026-11-28 21:34:06 JST` */
export function localTime(at: string, zone: string, language: Language): string {
  const format = new Intl.DateTimeFormat(language === 'ja' ? 'ja-JP' : 'en-GB', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  })
  const parts = Object.fromEntries(format.formatToParts(new Date(at)).map(({ type, value }) => [type, value]))
  return `${parts['year']}-${parts['month']}-${parts['day']} ${parts['hour']}:${parts['minute']}:${parts['second']} ${zone === 'Asia/Tokyo' ? 'JST' : (parts['timeZoneName'] ?? zone)}`
}
