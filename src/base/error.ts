// A refusal is a value with a code of the table (error-codes.ts) and the values of its sentence; a failure is thrown with the same.
import { ERRORS, type ErrorCode, type ExitCode } from './error-codes.ts'
import type { Detail, DetailOf } from './error-values.ts'
import { wellFormed } from './well-formed.ts'

type AndDetail<Code extends ErrorCode> =
  Record<string, never> extends DetailOf<Code> ? [detail?: DetailOf<Code>] : [detail: DetailOf<Code>]

interface Options {
  readonly cause?: unknown
}

/** A failure: not found, conflict, unreadable input, a machine that did not answer. Never what the product exists to say. */
export interface SekishoError extends Error {
  readonly code: ErrorCode
  readonly detail: Detail
  readonly exit: ExitCode
  readonly http: number
}

interface SekishoErrorClass {
  readonly prototype: SekishoError
  new <const Code extends ErrorCode>(
    code: Code,
    ...values: AndDetail<Code> | [detail: DetailOf<Code>, options?: Options | undefined]
  ): SekishoError
}

export const SekishoError: SekishoErrorClass = class extends Error {
  override name = 'SekishoError'
  readonly code: ErrorCode
  readonly detail: Detail
  constructor(code: ErrorCode, detail: Detail = {}, options?: Options) {
    super(`${code} ${JSON.stringify(detail)}`, options)
    this.code = code
    this.detail = wellFormed(detail)
  }
  get exit(): ExitCode {
    return ERRORS[this.code].exit
  }
  get http(): number {
    return ERRORS[this.code].http
  }
}

/** Throws on, under its own code, what another part refused: the values are those that it was given there. */
export function failureOf(
  { code, detail }: Pick<Refused, 'code' | 'detail'>,
  options?: Options,
): SekishoError {
  // Only while running is it known which code it is: its values were checked where it was refused.
  const Open = SekishoError as unknown as new (
    code: ErrorCode,
    detail: Detail,
    options?: Options,
  ) => SekishoError
  return new Open(code, detail, options)
}

/** An answer: refused, with the rule's code and its values. */
export interface Refused {
  readonly ok: false
  readonly code: ErrorCode
  readonly detail: Detail
}
export type Answer<T> = ({ readonly ok: true } & T) | Refused

export function refused<const Code extends ErrorCode>(code: Code, ...values: AndDetail<Code>): Refused
export function refused(code: ErrorCode, detail: Detail = {}): Refused {
  return { ok: false, code, detail: wellFormed(detail) }
}
