// What a tired operator must be able to do with a sentence: read it whole, in one language, and act.
import { expect } from 'vitest'
import { sentenceFor } from '../../src/change/why.ts'
import type { Language, Sentence } from '../../src/words/words.ts'

const KANA = /[\u3041-\u30ff]/
/** Names that are the same in every language. */
const NAMES =
  /PostgreSQL|restic|SSH|SQL|DNS|ACL|pg_hba\.conf|sekisho\.yaml|pg_dump|pg_restore|psql|peer|root|inode|to:|known_hosts|\b\d+(?:\.\d+)? [KMGT]iB\b|\d{4}-\d\d-\d\dT[\d:.]+Z/g

export function sentence(
  code: string,
  detail: Readonly<Record<string, unknown>>,
  language: Language,
): Sentence {
  return sentenceFor(code, detail, language)
}

/** Wrapped at the width of the terminal or not. */
export function tight(text: string): string {
  return text.replace(/\s+/g, '')
}

/** As it was printed: one mark, a reason, and something to do. */
export function isOneSentence(printed: string): void {
  expect(printed.match(/^✗ /gm), printed).toHaveLength(1)
  expect(printed).toMatch(/^ {2}(?:理由|why) /m)
  expect(printed).toMatch(/^ {2}(?:次に|next) /m)
  isWhole(printed)
}

/** In both languages: what, why, what to do; values are filled in, and nothing of the other language is left. */
export function isSaidInBoth(code: string, detail: Readonly<Record<string, unknown>>): void {
  const [ja, en] = [sentence(code, detail, 'ja'), sentence(code, detail, 'en')]
  for (const one of [ja, en]) {
    expect(one.why, one.what).toBeTruthy()
    expect(one.next?.length ?? 0, one.what).toBeGreaterThan(0)
    isWhole([one.what, one.why, ...(one.next ?? [])].join('\n'))
  }
  expect(ja.what).not.toBe(en.what)
  expect(ja.why).not.toBe(en.why)
  expect(KANA.test(`${en.what}${en.why}${en.next?.join('')}`), en.what).toBe(false)
  const values = Object.values(detail)
    .map(String)
    .filter((value) => /^[\w./@:-]+$/.test(value))
    .sort((a, b) => b.length - a.length)
  for (const part of [ja.what, ja.why ?? '']) {
    expect(KANA.test(part), part).toBe(true)
    const bare = values
      .reduce((text, value) => text.replaceAll(value, ''), part)
      .replace(/(?:rest|sftp):\S+|\/[\w./-]+/g, '')
      .replace(/(?<![0-9a-z])[0-9a-f]{8}(?![0-9a-z])/g, '') // the name of a snapshot, which may look like a word
      .replace(/ \([\w.-]+\)/, '') // the name of a host
      .replace(/(?:select|update)[^、。（）]*/i, '')
      .replaceAll(NAMES, '')
    expect(bare, part).not.toMatch(/[A-Za-z]{3,}/)
  }
}

function isWhole(text: string): void {
  expect(text).not.toMatch(/…|undefined|NaN|\[object|\bat .+:\d+:\d+|Error:|Fatal:|SERVICE|NAME\b/)
}
