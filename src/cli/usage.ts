// Errors of a command line: a missing option, or a value that is not allowed.
import { SekishoError } from '../base/error.ts'
import { COMMAND_LINE } from '../words/command-line.ts'
import type { Both } from '../words/words.ts'
import type { Call } from './command.ts'

type Line = Pick<Call, 'usage' | 'terminal'>

/** `option` with its argument, as in `--service S`. */
export function missingOption(call: Line, option: string): SekishoError {
  return new SekishoError('cli.missing_option', { option, usage: call.usage })
}

export function wrongValue(
  call: Line,
  option: string,
  given: string,
  allowed: readonly string[],
): SekishoError {
  const choices = allowed.join(' | ')
  return new SekishoError('cli.usage', {
    why: call.terminal.pick(COMMAND_LINE.wrongValue(option, choices, given)),
    usage: call.usage,
  })
}

export function usageOf(call: Line, why: Both<string>): SekishoError {
  return new SekishoError('cli.usage', { why: call.terminal.pick(why), usage: call.usage })
}

/** `--service a|b`: the names that can be typed, where some are known. */
export function serviceOption(services: readonly { readonly name: string }[]): string {
  return `--service ${services.length === 0 ? 'S' : services.map(({ name }) => name).join('|')}`
}
