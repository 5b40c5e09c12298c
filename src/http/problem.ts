// A failure as RFC 9457 problem: a stable code with its values, and one sentence in the reader's language.
import { Bug } from '../base/assert.ts'
import { SekishoError } from '../base/error.ts'
import { ERRORS, type ErrorCode } from '../base/error-codes.ts'
import type { Detail } from '../base/error-values.ts'
import type { Problem } from '../contract/gate.ts'
import { sqlState } from '../db/failure.ts'
import type { Log } from '../sys/log.ts'
import { ERROR_WORDS, reader } from '../words/errors.ts'
import { BUG_PROBLEM } from '../words/problem.ts'
import type { Language } from '../words/words.ts'

export const PROBLEM_TYPE = 'application/problem+json'

/** `ja` where the reader prefers it to English; undefined says nothing. */
export function languageOf(accept: string | undefined, otherwise: Language): Language {
  const wanted = (accept ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', ...rest] = part.trim().split(';')
      const q = rest.map((one) => /^\s*q=([0-9.]+)\s*$/.exec(one)?.[1]).find((one) => one !== undefined)
      return { tag: tag.toLowerCase().slice(0, 2), q: q === undefined ? 1 : Number(q) }
    })
    .filter(({ tag, q }) => (tag === 'ja' || tag === 'en') && q > 0)
    .sort((a, b) => b.q - a.q)[0]?.tag
  return wanted === 'ja' || wanted === 'en' ? wanted : otherwise
}

export function problemOf(code: ErrorCode, detail: Detail, language: Language): Problem {
  const sentence = ERROR_WORDS[code][language](reader(detail))
  return {
    type: `urn:sekisho:${code}`,
    title: sentence.what,
    status: ERRORS[code].http,
    ...(sentence.why === undefined ? {} : { detail: sentence.why }),
    code,
    values: { ...detail },
    ...(sentence.next === undefined ? {} : { next: [...sentence.next] }),
  }
}

/** Any error as a problem. What is no failure of ours to explain is a bug: logged whole, told without its insides. */
export function problemFor(error: unknown, language: Language, log: Log): Problem {
  if (error instanceof SekishoError) {
    if (ERRORS[error.code].http >= 500)
      log.warn({ code: error.code, detail: error.detail }, 'a request failed')
    return problemOf(error.code, error.detail, language)
  }
  const state = sqlState(error)
  log.error(
    { error, ...(state === undefined ? {} : { state }) },
    error instanceof Bug ? 'a bug' : 'an unknown error',
  )
  return {
    type: 'urn:sekisho:bug',
    title: BUG_PROBLEM.title[language],
    status: 500,
    detail: BUG_PROBLEM.detail[language],
    code: 'bug',
    values: {},
  }
}
