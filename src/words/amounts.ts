// Sizes and lengths of time as people read them.
import type { Both } from './words.ts'

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `1.8 GiB`: three digits at most. */
export function sizeText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** How long ago. */
export const AGO: Both<(ms: number) => string> = {
  ja: (ms) =>
    ms < MINUTE
      ? 'たった今'
      : ms < HOUR
        ? `${Math.floor(ms / MINUTE)} 分前`
        : ms < 2 * DAY
          ? `${Math.floor(ms / HOUR)} 時間前`
          : `${Math.floor(ms / DAY)} 日前`,
  en: (ms) =>
    ms < MINUTE
      ? 'just now'
      : ms < HOUR
        ? `${Math.floor(ms / MINUTE)} min ago`
        : ms < 2 * DAY
          ? `${Math.floor(ms / HOUR)} h ago`
          : `${Math.floor(ms / DAY)} days ago`,
}

const AT_ONCE_MS = 5000

/** How old a look is: to the second within a minute, for a service may be down since. */
export const SEEN_AGO: Both<(ms: number) => string> = {
  ja: (ms) => (ms < AT_ONCE_MS || ms >= MINUTE ? AGO.ja(ms) : `${Math.floor(ms / 1000)} 秒前`),
  en: (ms) => (ms < AT_ONCE_MS || ms >= MINUTE ? AGO.en(ms) : `${Math.floor(ms / 1000)} s ago`),
}

/** How long. */
export const SPAN: Both<(ms: number) => string> = {
  ja: (ms) =>
    ms < 1000
      ? `${ms} ミリ秒`
      : ms < MINUTE
        ? `${(ms / 1000).toFixed(1)} 秒`
        : ms < HOUR
          ? `${Math.round(ms / MINUTE)} 分`
          : ms < 2 * DAY
            ? `${Math.round(ms / HOUR)} 時間`
            : `${Math.round(ms / DAY)} 日`,
  en: (ms) =>
    ms < 1000
      ? `${ms} ms`
      : ms < MINUTE
        ? `${(ms / 1000).toFixed(1)} s`
        : ms < HOUR
          ? `${Math.round(ms / MINUTE)} min`
          : ms < 2 * DAY
            ? `${Math.round(ms / HOUR)} h`
            : `${Math.round(ms / DAY)} days`,
}
